import { defaultFieldResolver, type GraphQLField, type GraphQLSchema, getNamedType, isInputObjectType } from "graphql";
import type { RequestContext, RootField } from "../execution/request-context.ts";
import { idempotencyKeyField } from "../fields/arguments.ts";
import type { Operation } from "../operations/operation.ts";

/**
 * Lets every field of the registry authenticate before its resolver runs, and remembers whether that has succeeded, so
 * that an error can be given the meaning that it has for its operation.
 */
export function wrapRootFields(schema: GraphQLSchema, operations: readonly Operation[]): void {
  for (const { rest: operation } of operations) {
    const type = operation.effect === "read" ? schema.getQueryType() : schema.getMutationType();
    const field = type?.getFields()[operation.name];
    if (field === undefined) throw new Error(`The schema has no field ${operation.name} for its effect.`);
    if (hasIdempotencyKey(field) && operation.readBack === undefined) {
      throw new Error(`${operation.name} has an idempotencyKey and needs readBack.`);
    }
    const { resolve = defaultFieldResolver } = field;
    field.resolve = async (source, args, context: RequestContext, info) => {
      const rootField: RootField = { operation, hasSucceeded: false };
      context.rootFields.set(info.path.key, rootField);
      // The token comes first: an untrusted client learns nothing about the rules.
      await context.authenticate();
      const result = await resolve(source, args, context, info);
      rootField.hasSucceeded = true;
      return result;
    };
  }
}

/** A response is replayed to another token only after ContactSwing has accepted that token. */
function hasIdempotencyKey({ args }: GraphQLField<unknown, RequestContext>): boolean {
  return args.some(({ type }) => {
    const named = getNamedType(type);
    return isInputObjectType(named) && Object.hasOwn(named.getFields(), idempotencyKeyField);
  });
}
