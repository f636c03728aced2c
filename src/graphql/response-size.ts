import {
  defaultFieldResolver,
  GraphQLID,
  type GraphQLSchema,
  GraphQLString,
  getNamedType,
  isObjectType,
} from "graphql";
import { overloaded, RequestFailure } from "../failures/failure.ts";
import type { RequestContext } from "../request-context.ts";

// A character of the response is held as text and as bytes while the response is sent.
const bytesPerCharacter = 4;
const minTextLength = 256;

/**
 * Counts the long texts of a response against the memory of its request, each time the response repeats one: with thirty
 * aliases and a thousand references to one action, a description of 10,000 characters would take 300 MB.
 */
export function limitResponseSize(schema: GraphQLSchema): void {
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type));
  for (const type of types) {
    if (type.name.startsWith("__")) continue;
    for (const field of Object.values(type.getFields())) {
      const fieldType = getNamedType(field.type);
      if (fieldType !== GraphQLString && fieldType !== GraphQLID) continue;
      const { resolve = defaultFieldResolver } = field;
      field.resolve = (source, args, context: RequestContext, info) => {
        const value = resolve(source, args, context, info);
        return value instanceof Promise
          ? value.then((settled) => countText(settled, context))
          : countText(value, context);
      };
    }
  }
}

function countText<Value>(value: Value, { memory }: RequestContext): Value {
  if (typeof value === "string" && value.length >= minTextLength && !memory.take(value.length * bytesPerCharacter)) {
    throw new RequestFailure(overloaded);
  }
  return value;
}
