import type { BearerToken } from "./auth/bearer-token.ts";
import type { RequestScope } from "./contactswing/client.ts";
import type { RequestSession } from "./contactswing/request-session.ts";
import type { IdempotencyGuard, IdempotencyResult } from "./idempotency/idempotency-guard.ts";

/** What resolvers know about their request. Apollo Server clones it shallowly: it must stay a plain object. */
export interface RequestContext extends RequestScope {
  /** Undefined unless the request has exactly one well-formed `Authorization` header. */
  readonly token: BearerToken | undefined;
  /** The REST API on the caller's behalf. */
  readonly contactSwing: RequestSession;
  readonly idempotency: IdempotencyGuard;
  /** Records how a create request with an idempotency key was handled. */
  readonly onIdempotencyResult: (result: IdempotencyResult) => void;
}
