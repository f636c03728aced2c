import type { RestOperation } from "../contactswing/rest-operation.ts";
import type { RequestContext } from "../execution/request-context.ts";
import type { DeclaringClass } from "../fields/field-type.ts";

/**
 * One field of `Query` or `Mutation`. Schema, authentication, validation, the meaning of failures, metrics, sandbox routes,
 * and documentation are derived from these descriptions; `index.ts` lists them.
 */
export interface Operation {
  readonly rest: RestOperation<never, unknown>;
  /** The type-graphql class with the field's resolver. */
  readonly Resolver: new () => object;
  /** The federation entity that this operation reads by its ID. */
  readonly entity?: Entity;
}

/** An object type with a key, whose details are read by ID when they are selected. */
export interface Entity<Instance extends object = object> {
  readonly declaring: DeclaringClass<Instance>;
  /** Resolves a reference; null if there is no such entity. */
  resolve(id: string, context: RequestContext): Promise<object | null>;
  /** A field that is declared as a detail. */
  readDetail(name: string, instance: never, context: RequestContext): Promise<unknown>;
}
