import type { BearerToken } from "./auth/bearer-token.ts";
import type { Caller } from "./auth/caller.ts";
import type { ContactSwing } from "./contactswing/request-session.ts";
import type { Memory } from "./memory-budget.ts";
import type { RequestRecord } from "./telemetry/request-record.ts";

/**
 * What resolvers know about their request. Apollo Server clones it shallowly: it must stay a plain object.
 */
export interface RequestContext {
  readonly requestId: string;
  /** Undefined unless the request has exactly one well-formed `Authorization` header. */
  readonly token: BearerToken | undefined;
  /** The caller; the token is checked once per request. @throws RequestFailure */
  readonly authenticate: () => Promise<Caller>;
  /** The REST API on the caller's behalf. */
  readonly contactSwing: ContactSwing;
  readonly record: RequestRecord;
  /** Memory for the duration of the request. */
  readonly memory: Memory;
}
