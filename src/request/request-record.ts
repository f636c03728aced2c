import type { Context } from "@opentelemetry/api";

/** The error of a response that says most, for the log line. */
export interface RecordedFailure {
  /** Row of the failure table; absent for errors about the document or the HTTP request. */
  readonly kind?: string;
  readonly outcome?: string;
  readonly retryable?: boolean;
  /** `path rule` of each field that was rejected. */
  readonly fields?: readonly string[];
  readonly reason?: string;
  /** Of ContactSwing's response, if it was the cause. */
  readonly upstream?: { readonly status: number; readonly ctxId: string | null };
  /** The cause below HTTP. */
  readonly networkErrorCode?: string;
}

/** What one request leaves behind for its log line, its metrics, and its span. Filled in while the request is handled. */
export interface RequestRecord {
  readonly requestId: string;
  /** Whether names that the caller chose must not be logged: they may be credentials. */
  readonly hidesTexts: boolean;
  /** The span that current work belongs to; without traces of our own, the caller's. */
  traceContext: Context;
  /** Chosen by the caller, truncated. */
  operationName?: string;
  operationType?: string;
  /** The schema's name of the field that the operation selects; bounded, unlike the operation's own name. */
  rootField?: string;
  /** The different codes of the errors in the response. */
  errorCodes?: readonly string[];
  failure?: RecordedFailure;
  /** Why the token was not accepted: a code that contains nothing of the token. */
  tokenProblem?: string;
  /** Why this service ended the request before its response was complete. */
  cutOff?: string;
  upstreamRequests?: number;
  /** Milliseconds of the longest upstream request, and of all of them together. */
  upstreamLongestMs?: number;
  upstreamSumMs?: number;
  /** Of the write that succeeded, or else of the last read that did. */
  upstreamSuccess?: { readonly effect: string; readonly status: number; readonly ctxId: string | null };
  /** How the writes with an idempotency key were handled, in their order. */
  idempotencyResults?: readonly string[];
}
