import type { Context } from "@opentelemetry/api";

/** What one request leaves behind for its log line, its metrics, and its span. Filled in while the request is handled. */
export interface RequestRecord {
  readonly requestId: string;
  /** The span that current work belongs to; without traces of our own, the caller's. */
  traceContext: Context;
  /** Chosen by the caller, truncated. */
  operationName?: string;
  operationType?: string;
  /** The schema's name of the field that the operation selects; bounded, unlike the operation's own name. */
  rootField?: string;
  /** Codes of the errors in the response. */
  errorCodes?: readonly string[];
  /** Why the token was not accepted: a code that contains nothing of the token. */
  tokenProblem?: string;
  upstreamStatus?: number;
  /** ContactSwing's ID of the create request, or else of the last read. */
  upstreamCtxId?: string;
  /** ContactSwing's ID of the last read, if there was a create request as well. */
  upstreamReadCtxId?: string;
  /** Milliseconds spent on upstream requests, added up. */
  upstreamDurationMs?: number;
  upstreamErrorCode?: string;
  /** Why an upstream request was not sent. */
  upstreamShed?: string;
  /** How the create requests with an idempotency key were handled, in their order. */
  idempotencyResults?: readonly string[];
}
