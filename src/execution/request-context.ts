import type { GraphQLError } from "graphql";
import type { BearerToken } from "../auth/bearer-token.ts";
import type { RequestScope } from "../contactswing/client.ts";
import type { RestOperation } from "../contactswing/rest-operation.ts";
import type { RequestSession } from "./request-session.ts";

/** A root field of the operation that is being executed. */
export interface RootField {
  readonly operation: RestOperation<never, unknown>;
  /** Whether its resolver has succeeded: if a field below it fails, the rest of the payload stays. */
  hasSucceeded: boolean;
}

/** What resolvers know about their request. Apollo Server clones it shallowly: it must stay a plain object. */
export interface RequestContext extends RequestScope {
  /** Undefined unless the request has exactly one well-formed `Authorization` header. */
  readonly token: BearerToken | undefined;
  /** The REST API on the caller's behalf. */
  readonly contactSwing: RequestSession;
  /** The root fields that have been executed, by their names in the response. */
  readonly rootFields: Map<string | number, RootField>;
  /** Raised for every value of the response that there is no memory for. */
  responseError?: GraphQLError;
}
