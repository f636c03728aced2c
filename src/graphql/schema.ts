import "reflect-metadata";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type DocumentNode, type GraphQLFieldMap, type GraphQLSchema, Kind, parse, print, visit } from "graphql";
import { buildSchemaSync, createResolversMap } from "type-graphql";
import { DataExtractionActionResolver, readAction } from "../actions/data-extraction-action-resolver.ts";
import type { ContactSwing } from "../contactswing/client.ts";
import type { IdempotencyGuard } from "../idempotency/idempotency-guard.ts";
import type { RequestContext } from "./context.ts";
import { checkReferences, readReferenceId } from "./entity-references.ts";

// 2.0 is the lowest version of Federation 2 that defines @key, the only directive in use.
const federationLink = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])`;

const rootDescriptions: Readonly<Record<string, string>> = {
  Query: "Reads of ContactSwing's data extraction actions.",
  Mutation: "Writes of ContactSwing's data extraction actions.",
};

/**
 * Finishes what type-graphql prints: it can neither describe the root types nor link to the federation specification,
 * and a subgraph has no `schema {}` of its own.
 */
function finishSubgraph(printed: string): DocumentNode {
  const document = visit(parse(printed, { noLocation: true }), {
    SchemaDefinition: () => null,
    ObjectTypeDefinition: (node) => {
      const description = rootDescriptions[node.name.value];
      return description === undefined
        ? undefined
        : { ...node, description: { kind: Kind.STRING, value: description, block: true } };
    },
  });
  return {
    ...document,
    definitions: [...parse(federationLink, { noLocation: true }).definitions, ...document.definitions],
  };
}

export interface SubgraphSchema {
  readonly schema: GraphQLSchema;
  /** The schema as subgraph SDL, as `schema.graphql` and `_service { sdl }` hold it. */
  readonly sdl: string;
}

/** Builds the executable subgraph schema on top of ContactSwing's client and the guard of idempotency keys. */
export function createSubgraphSchema(contactSwing: ContactSwing, idempotency: IdempotencyGuard): SubgraphSchema {
  const resolver = new DataExtractionActionResolver(contactSwing, idempotency);
  const schema = buildSchemaSync({
    resolvers: [DataExtractionActionResolver],
    container: { get: () => resolver },
    validate: false,
    // The printed schema is parsed and checked right below.
    skipCheck: true,
  });
  const typeDefs = finishSubgraph(printSchemaWithDirectives(schema));
  const resolvers = createResolversMap(schema) as Record<string, Record<string, unknown>>;
  const entity = {
    ...resolvers.DataExtractionAction,
    __resolveReference: (reference: { id: unknown }, context: RequestContext) =>
      readAction(readReferenceId(reference), context),
  };
  const subgraph = buildSubgraphSchema([
    { typeDefs, resolvers: { ...resolvers, DataExtractionAction: entity } as never },
  ]);
  const sdl = `${print(typeDefs)}\n`;
  finishFederationFields(subgraph.getQueryType()?.getFields() ?? {}, sdl);
  return { schema: subgraph, sdl };
}

const entityTypes: ReadonlySet<string> = new Set(["DataExtractionAction"]);

/** Adjusts the two fields that the federation library answers by itself. */
function finishFederationFields({ _service, _entities }: GraphQLFieldMap<unknown, RequestContext>, sdl: string): void {
  // The library's own answer spells out the federation specification as well; composers want the subgraph alone.
  if (_service !== undefined) _service.resolve = () => ({ sdl });
  const resolveEntities = _entities?.resolve;
  if (_entities === undefined || resolveEntities === undefined) return;
  _entities.resolve = async (source, args: { representations: readonly unknown[] }, context, info) => {
    await context.authenticate();
    checkReferences(args.representations, entityTypes);
    return resolveEntities(source, args, context, info);
  };
}
