import { type GraphQLInputType, getNamedType, isInputObjectType, isListType, isNonNullType } from "graphql";
import { createSubgraphSchema } from "../../src/graphql/schema.ts";

/** The service's schema, on a client that nobody calls. */
export const { schema } = createSubgraphSchema(
  {
    createAction: async () => {
      throw new Error("not called");
    },
    readAction: async () => {
      throw new Error("not called");
    },
  },
  {
    once: async () => {
      throw new Error("not called");
    },
  },
);

/** The type at a path of argument and input field names; undefined when the schema has no such path. */
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

/** Every path of the create's input, the argument itself first. */
export function inputPaths(path: readonly string[] = ["input"]): string[][] {
  const type = typeAt(path);
  const named = type && getNamedType(type);
  const inner = named && isInputObjectType(named) ? Object.keys(named.getFields()) : [];
  return [[...path], ...inner.flatMap((name) => inputPaths([...path, name]))];
}
