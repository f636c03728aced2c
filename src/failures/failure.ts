import type { UpstreamFacts } from "./upstream-facts.ts";

/** One problem of one input field. `path` leads from the GraphQL argument to the field, `rule` names what was broken. */
export interface FieldError {
  readonly path: readonly string[];
  readonly message: string;
  readonly rule: string;
}

/**
 * Every way in which a call can fail, as facts. What a caller sees of each kind (code, outcome, retryable, message)
 * stands in `failure-table.ts` and nowhere else.
 */
export type FailureKind =
  | "token-missing"
  | "token-invalid"
  | "keys-unavailable"
  | "input-invalid"
  | "variable-invalid"
  | "input-rejected"
  | "token-rejected"
  | "forbidden"
  | "conflict"
  | "rate-limited"
  | "request-refused"
  | "server-error"
  | "connection-lost"
  | "unreachable"
  | "circuit-open"
  | "timeout"
  | "timeout-after-created"
  | "bad-response"
  | "bad-response-after-created"
  | "overloaded"
  | "idempotency-key-reused"
  | "outcome-unknown"
  | "outcome-unknown-after-created"
  | "idempotency-unavailable"
  | "bug";

/** One entry of ContactSwing's own validation list, in the REST API's words. */
export interface RestProblem {
  /** pydantic's `loc`: where in the request, e.g. `["body", "webhook", "sync_field"]`. */
  readonly location: readonly (string | number)[];
  readonly message: string;
  readonly rule: string;
}

/** A failure and the facts that are known of it. */
export interface Failure {
  readonly kind: FailureKind;
  /** ContactSwing's own words for the caller: plain, scrubbed and short, but with the REST API's names in them. */
  readonly text?: string;
  readonly restProblems?: readonly RestProblem[];
  readonly fieldErrors?: readonly FieldError[];
  /** Whole seconds after which another try makes sense. */
  readonly retryAfterSeconds?: number;
  readonly upstream?: UpstreamFacts;
}

/** Carries a {@link Failure} to the error gate. Thrown by everything that gives up on a call. */
export class CallFailure extends Error {
  override readonly name = "CallFailure";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}
