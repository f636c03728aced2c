import type { RestOperation } from "../contactswing/rest-operation.ts";
import type { RequestContext } from "../request-context.ts";

/**
 * One field of `Query` or `Mutation`. Schema, metrics, sandbox routes, and documentation are derived from these
 * descriptions; `index.ts` lists them.
 */
export interface Operation {
  readonly rest: RestOperation<never, unknown>;
  /** The type-graphql class with the field's resolver. */
  readonly Resolver: new () => object;
  /** Federation entities that this operation resolves, by type name. */
  readonly entities?: Readonly<Record<string, ResolveReference>>;
}

/** Resolves a federated reference by its ID; null if there is no such entity. */
export type ResolveReference = (id: string, context: RequestContext) => Promise<object | null>;
