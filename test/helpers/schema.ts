import { type GraphQLInputType, getNamedType, isInputObjectType, isListType, isNonNullType } from "graphql";
import { createSubgraphSchema } from "../../src/graphql/schema.ts";

/** The service's schema, for tests that execute nothing. */
export const { schema } = createSubgraphSchema({
  idempotency: {
    once: async () => {
      throw new Error("nothing is executed");
    },
  },
  metrics: { countIdempotencyResult() {} },
});

/** The type at a path of argument and input field names; undefined if the schema has no such path. */
export function typeAt(
  [argument, ...fields]: readonly string[],
  field = "createDataExtractionAction",
): GraphQLInputType | undefined {
  const root = schema.getMutationType()?.getFields()[field] ?? schema.getQueryType()?.getFields()[field];
  let type = root?.args.find(({ name }) => name === argument)?.type;
  for (const name of fields) {
    while (type && (isNonNullType(type) || isListType(type))) type = type.ofType;
    type = type && isInputObjectType(type) ? type.getFields()[name]?.type : undefined;
  }
  return type;
}

/** Every path of the create request's input, the argument itself first. */
export function inputPaths(path: readonly string[] = ["input"]): string[][] {
  const type = typeAt(path);
  const named = type && getNamedType(type);
  const inner = named && isInputObjectType(named) ? Object.keys(named.getFields()) : [];
  return [[...path], ...inner.flatMap((name) => inputPaths([...path, name]))];
}
