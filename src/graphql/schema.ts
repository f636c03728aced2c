import { buildSubgraphSchema } from "@apollo/subgraph";
import { printSchemaWithDirectives } from "@graphql-tools/utils";
import { type DocumentNode, Kind, parse, print, visit } from "graphql";
import { buildSchemaSync, createResolversMap, type ValidatorFn } from "type-graphql";
import type { RequestContext } from "../execution/request-context.ts";
import type { Operation } from "../operations/operation.ts";
import { inSpan } from "../telemetry/tracing.ts";
import { validateInput } from "../validation/validate-input.ts";
import { addReferenceResolvers, guardReferences, listEntities, resolveDetails } from "./entities.ts";
import { limitResponseSize } from "./response-size.ts";
import { wrapRootFields } from "./root-fields.ts";

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
export function createSubgraphSchema(operations: readonly Operation[]) {
  const schema = buildSchemaSync({
    resolvers: operations.map(({ Resolver }) => Resolver) as never,
    validateFn: validateArgument,
    // The printed schema is parsed and checked below.
    skipCheck: true,
  });
  const typeDefs = completeSubgraph(printSchemaWithDirectives(schema));
  const sdl = `${print(typeDefs)}\n`;
  const entities = listEntities(operations);
  const subgraph = buildSubgraphSchema([
    { typeDefs, resolvers: addReferenceResolvers(createResolversMap(schema), entities) as never },
  ]);
  resolveDetails(subgraph, entities);
  guardReferences(subgraph, entities);
  limitResponseSize(subgraph);
  wrapRootFields(subgraph, operations);
  const service = subgraph.getQueryType()?.getFields()._service;
  // The library's SDL also defines federation's own types; composers expect the subgraph alone.
  if (service !== undefined) service.resolve = () => ({ sdl });
  return { schema: subgraph, sdl };
}

/** Checks an argument that has class-validator rules: an input object, or the object of all arguments. */
const validateArgument: ValidatorFn = (value: unknown, _type, { context, info }) => {
  if (typeof value !== "object" || value === null) return;
  const { rootFields, record } = context as RequestContext;
  const argument = rootFields.get(info.path.key)?.operation.arguments.names.body?.argument;
  const path = argument === undefined ? [] : [argument];
  inSpan("validate input", record.traceContext, () => validateInput(value, path));
};

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
