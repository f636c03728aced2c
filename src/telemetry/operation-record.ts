import { noSpan, type Span } from "./tracer.ts";

/** What one GraphQL request leaves behind for its log line, its metrics and its trace. Filled while it runs. */
export interface OperationRecord {
  readonly requestId: string;
  /** The caller's trace context when it is well-formed. */
  readonly traceparent: string | undefined;
  /** The span that what happens at the moment belongs to. */
  span: Span;
  /** Chosen by the caller, cut to a bounded length. */
  operationName?: string;
  operationType?: string;
  /** The schema's name of the field that the operation asks for; bounded, unlike the operation's own name. */
  rootField?: string;
  /** HTTP status with which the request was refused while it was still coming in. */
  refusedStatus?: number;
  /** Codes of the errors in the answer. */
  errorCodes?: readonly string[];
  /** Why the caller's token was not accepted, as a code that holds nothing of it. */
  tokenProblem?: string;
  upstreamStatus?: number;
  upstreamCtxId?: string;
  /** Milliseconds spent in calls to ContactSwing, added up. */
  upstreamDurationMs?: number;
  /** What became of the creates that had an idempotency key, in their order. */
  idempotencyResults?: readonly string[];
}

/** The record of a request that has just come in. */
export function startRecord(requestId: string, span: Span = noSpan, traceparent?: string): OperationRecord {
  return { requestId, span, traceparent };
}
