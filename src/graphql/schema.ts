import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type DocumentNode, type GraphQLFieldMap, Kind, parse, print, visit } from "graphql";
import { buildSchemaSync, createResolversMap } from "type-graphql";
import { operations } from "../operations/index.ts";
import type { ResolveReference } from "../operations/operation.ts";
import type { RequestContext } from "../request-context.ts";
import { checkReferences, type EntityReference, readReferenceId } from "./entity-references.ts";
import { limitResponseSize } from "./response-size.ts";

// 2.0 is the lowest version of Federation 2 that defines both directives in use.
const federationLink = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])`;

const rootDescriptions: Readonly<Record<string, string>> = {
  Query: "Reads data from ContactSwing.",
  Mutation: "Changes data in ContactSwing.",
};

/**
 * Builds the executable subgraph schema from the registry of operations.
 * @returns the schema, and its SDL as in `schema.graphql` and `_service { sdl }`.
 */
export function createSubgraphSchema() {
  const schema = buildSchemaSync({
    resolvers: operations.map(({ Resolver }) => Resolver) as never,
    validate: false,
    // The printed schema is parsed and checked below.
    skipCheck: true,
  });
  const typeDefs = completeSubgraph(printSchemaWithDirectives(schema));
  const sdl = `${print(typeDefs)}\n`;
  const subgraph = buildSubgraphSchema([
    { typeDefs, resolvers: addReferenceResolvers(createResolversMap(schema)) as never },
  ]);
  limitResponseSize(subgraph);
  adjustFederationFields(subgraph.getQueryType()?.getFields() ?? {}, sdl);
  return { schema: subgraph, sdl };
}

/**
 * Completes what type-graphql prints: it can neither describe the root types nor link to the federation specification,
 * and a subgraph has no `schema {}` of its own.
 */
function completeSubgraph(printed: string): DocumentNode {
  const document = visit(parse(printed, { noLocation: true }), {
    SchemaDefinition: () => null,
    ObjectTypeDefinition(node) {
      const value = rootDescriptions[node.name.value];
      return value === undefined ? undefined : { ...node, description: { kind: Kind.STRING, value, block: true } };
    },
  });
  const link = parse(federationLink, { noLocation: true });
  return { ...document, definitions: [...link.definitions, ...document.definitions] };
}

const entities: ReadonlyMap<string, ResolveReference> = new Map(
  operations.flatMap((operation) => Object.entries(operation.entities ?? {})),
);

function addReferenceResolvers(resolvers: object): object {
  const types = resolvers as Readonly<Record<string, object>>;
  const entityResolvers = [...entities].map(([typeName, resolve]) => {
    const __resolveReference = (reference: EntityReference, context: RequestContext) =>
      resolve(readReferenceId(reference), context);
    return [typeName, { ...types[typeName], __resolveReference }] as const;
  });
  return { ...types, ...Object.fromEntries(entityResolvers) };
}

/** Adjusts the two fields that the federation library resolves itself. */
function adjustFederationFields({ _service, _entities }: GraphQLFieldMap<unknown, RequestContext>, sdl: string): void {
  // The library's SDL also defines federation's own types; composers expect the subgraph alone.
  if (_service !== undefined) _service.resolve = () => ({ sdl });
  const resolveEntities = _entities?.resolve;
  if (_entities === undefined || resolveEntities === undefined) return;
  _entities.resolve = async (source, args: { representations: readonly unknown[] }, context, info) => {
    await context.authenticate();
    checkReferences(args.representations, new Set(entities.keys()));
    return resolveEntities(source, args, context, info);
  };
}
