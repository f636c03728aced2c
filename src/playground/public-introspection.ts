import { type GraphQLSchema, type IntrospectionQuery, introspectionFromSchema, specifiedDirectives } from "graphql";

const publicDirectives: ReadonlySet<string> = new Set(specifiedDirectives.map(({ name }) => name));

/** `_Any`, `_entities`, `federation__FieldSet`; not `__Schema`. */
const isFederationName = (name: string) => /^(?:_(?!_)|link__|federation__)/.test(name);

/** A schema's introspection result without what only federation's router uses. */
export function introspectPublicSchema(schema: GraphQLSchema): IntrospectionQuery {
  const { __schema } = introspectionFromSchema(schema);
  const types = __schema.types
    .filter(({ name }) => !isFederationName(name))
    .map((type) =>
      type.kind === "OBJECT" ? { ...type, fields: type.fields.filter(({ name }) => !isFederationName(name)) } : type,
    );
  const directives = __schema.directives.filter(({ name }) => publicDirectives.has(name));
  return { __schema: { ...__schema, types, directives } };
}
