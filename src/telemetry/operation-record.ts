/** What one GraphQL request leaves behind for its log line. Filled while the request runs. */
export interface OperationRecord {
  readonly requestId: string;
  operationName?: string;
  operationType?: string;
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
