import {
  defaultFieldResolver,
  GraphQLError,
  type GraphQLField,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isNonNullType,
  isObjectType,
  OperationTypeNode,
  responsePathAsArray,
} from "graphql";
import { describeShortage } from "../contactswing/classify-failure.ts";
import type { RequestContext } from "../execution/request-context.ts";
import { RequestFailure } from "../failures/failure.ts";

// A character of the response is held as text and as bytes while the response is sent.
const bytesPerCharacter = 4;
/** An entry of an object of the result, and its name and punctuation in the text. */
const bytesPerValue = 128;

/**
 * Counts every value of a response against the memory of its request, each time the response repeats it: with thirty
 * aliases and a thousand references to one action, its texts would take 100 MB.
 */
export function limitResponseSize(schema: GraphQLSchema): void {
  const rootTypes: readonly unknown[] = [schema.getQueryType(), schema.getMutationType()];
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || rootTypes.includes(type) || type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) countValues(field);
  }
}

function countValues(field: GraphQLField<unknown, RequestContext>): void {
  const { resolve = defaultFieldResolver } = field;
  const isRequired = isNonNullType(field.type);
  field.resolve = (source, args, context, info) => {
    const value = resolve(source, args, context, info);
    return value instanceof Promise
      ? value.then((settled) => count(settled, isRequired, context, info))
      : count(value, isRequired, context, info);
  };
}

function count<Value>(value: Value, isRequired: boolean, context: RequestContext, info: GraphQLResolveInfo): Value {
  const characters = typeof value === "string" ? value.length : 0;
  const shortage = context.memory.take(bytesPerValue + characters * bytesPerCharacter);
  if (shortage === undefined) return value;
  // Without a required value, such as its ID, what a mutation has created would be lost.
  if (isRequired && info.operation.operation === OperationTypeNode.MUTATION) return value;
  // One error for all values: it has a path, so graphql-js passes it on as it is.
  context.responseError ??= new GraphQLError("The response is too large.", {
    path: responsePathAsArray(info.path),
    originalError: new RequestFailure(describeShortage(shortage)),
  });
  throw context.responseError;
}
