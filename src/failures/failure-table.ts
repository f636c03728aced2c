import type { FailureKind } from "./failure.ts";

/** Whether the action exists after a failed write. */
export type Outcome = "CREATED" | "NOT_CREATED" | "UNKNOWN";

export interface FailureRow {
  readonly code: string;
  readonly outcome: Outcome;
  /** True only when the same write can be sent again without any risk of a second action. */
  readonly retryable: boolean;
  /** Whether a read that failed this way may succeed when it is sent again; a read never makes an action. */
  readonly retryableRead: boolean;
  /** What the caller reads, unless ContactSwing's own text or the field problems say it better. */
  readonly message: string;
  /** For the documentation: what happened, and what a user interface does about it. */
  readonly when: string;
  readonly advice: string;
}

/** The one place where a failure gets its code, outcome and message. `docs/errors.md` is printed from it. */
export const failureTable = {
  "token-missing": {
    code: "UNAUTHENTICATED",
    outcome: "NOT_CREATED",
    retryable: false,
    retryableRead: false,
    message: "Send one Authorization header of the form: Bearer <token>.",
    when: "No token, a malformed one, or more than one `Authorization` header. ContactSwing was not called.",
    advice: "Sign the user in, then send the call again.",
  },
  "token-invalid": {
    code: "UNAUTHENTICATED",
    outcome: "NOT_CREATED",
    retryable: false,
    retryableRead: false,
    message: "The token is not valid, or not any more.",
    when: "`JWKS_URL` is set, and the token's signature, issuer, audience or time is not right. ContactSwing was not called.",
    advice: "Refresh the token or sign the user in, then send the call again.",
  },
  "keys-unavailable": {
    code: "AUTH_UNAVAILABLE",
    outcome: "NOT_CREATED",
    retryable: true,
    retryableRead: true,
    message: "Tokens cannot be verified at the moment.",
    when: "`JWKS_URL` is set, and the keys for verifying the token cannot be had. ContactSwing was not called.",
    advice: "Offer another try.",
  },
  "input-invalid": {
    code: "BAD_USER_INPUT",
    outcome: "NOT_CREATED",
    retryable: false,
    retryableRead: false,
    message: "The input breaks a rule.",
    when: "A rule of this service is broken; `fieldErrors` has every problem. ContactSwing was not called.",
    advice: "Show each message at the field that its path names.",
  },
  "variable-invalid": {
    code: "BAD_USER_INPUT",
    outcome: "NOT_CREATED",
    retryable: false,
    retryableRead: false,
    message: "A variable is not of the type that the schema asks for.",
    when: 'A variable cannot be coerced to its type (HTTP 400); `fieldErrors` has every problem, with `rule: "type"`.',
    advice: "Show each message at the field that its path names; in a typed client this is a bug.",
  },
  "input-rejected": {
    code: "BAD_USER_INPUT",
    outcome: "NOT_CREATED",
    retryable: false,
    retryableRead: false,
    message: "ContactSwing rejected the input.",
    when: "ContactSwing answered 400 (its text is the `message`) or 422 (its list is in `fieldErrors`).",
    advice: "Show each message at the field that its path names, or the message above the form.",
  },
  "token-rejected": {
    code: "UNAUTHENTICATED",
    outcome: "NOT_CREATED",
    retryable: false,
    retryableRead: false,
    message: "ContactSwing does not accept this token.",
    when: "ContactSwing answered 401, 403 `Not authenticated`, or 422 about a header.",
    advice: "Refresh the token or sign the user in, then send the call again.",
  },
  forbidden: {
    code: "FORBIDDEN",
    outcome: "NOT_CREATED",
    retryable: false,
    retryableRead: false,
    message: "ContactSwing does not allow this.",
    when: "ContactSwing answered 403.",
    advice: "Say that the user lacks the right; do not offer another try.",
  },
  conflict: {
    code: "CONFLICT",
    outcome: "NOT_CREATED",
    retryable: false,
    retryableRead: false,
    message: "ContactSwing reports a conflict with what exists.",
    when: "ContactSwing answered 409.",
    advice: "Show the message and let the user change the input.",
  },
  "rate-limited": {
    code: "RATE_LIMITED",
    outcome: "NOT_CREATED",
    retryable: true,
    retryableRead: true,
    message: "ContactSwing takes no more calls for the moment.",
    when: "ContactSwing answered 429; `retryAfterSeconds` when it said how long.",
    advice: "Offer another try after `retryAfterSeconds`, or after a few seconds.",
  },
  "request-refused": {
    code: "UPSTREAM_ERROR",
    outcome: "NOT_CREATED",
    retryable: false,
    retryableRead: false,
    message: "ContactSwing refused the call.",
    when: "Any other 4xx, any 3xx, and 401, 403 or 404 as a page of the hosting platform.",
    advice: "Say that nothing was created and that the operators have to look at it.",
  },
  "server-error": {
    code: "UPSTREAM_ERROR",
    outcome: "UNKNOWN",
    retryable: false,
    retryableRead: true,
    message: "ContactSwing failed while it worked on the call.",
    when: "ContactSwing answered 5xx.",
    advice: "Say that the action may exist; let the user look before another try.",
  },
  "connection-lost": {
    code: "UPSTREAM_ERROR",
    outcome: "UNKNOWN",
    retryable: false,
    retryableRead: true,
    message: "The connection to ContactSwing was lost before its answer was complete.",
    when: "The connection was lost after the request was sent.",
    advice: "Say that the action may exist; let the user look before another try.",
  },
  unreachable: {
    code: "UPSTREAM_UNAVAILABLE",
    outcome: "NOT_CREATED",
    retryable: true,
    retryableRead: true,
    message: "ContactSwing cannot be reached.",
    when: "No connection: refused, DNS, TLS, or the connect timeout.",
    advice: "Offer another try.",
  },
  "circuit-open": {
    code: "UPSTREAM_UNAVAILABLE",
    outcome: "NOT_CREATED",
    retryable: true,
    retryableRead: true,
    message: "ContactSwing has not been reachable; calls are held back for a moment.",
    when: "The circuit breaker is open: too many calls found no connection or no answer. ContactSwing was not called.",
    advice: "Offer another try after `retryAfterSeconds`.",
  },
  timeout: {
    code: "UPSTREAM_TIMEOUT",
    outcome: "UNKNOWN",
    retryable: false,
    retryableRead: true,
    message: "ContactSwing did not answer in time.",
    when: "No whole answer in time after connecting.",
    advice: "Say that the action may exist; let the user look before another try.",
  },
  "timeout-after-created": {
    code: "UPSTREAM_TIMEOUT",
    outcome: "CREATED",
    retryable: false,
    retryableRead: true,
    message: "The action was created, but ContactSwing's answer did not arrive in time.",
    when: "The status 201 arrived in time, the rest of the answer did not.",
    advice: "Say that the action exists; reload the list.",
  },
  "bad-response": {
    code: "UPSTREAM_BAD_RESPONSE",
    outcome: "UNKNOWN",
    retryable: false,
    retryableRead: false,
    message: "ContactSwing's answer is not of the documented form.",
    when: "A 2xx other than 201 that is not the documented shape, not JSON, cut short, or over 1 MiB.",
    advice: "Say that the action may exist; let the user look before another try.",
  },
  "bad-response-after-created": {
    code: "UPSTREAM_BAD_RESPONSE",
    outcome: "CREATED",
    retryable: false,
    retryableRead: false,
    message: "The action was created, but ContactSwing's answer is not of the documented form.",
    when: "A 201 that is not the documented shape, not JSON, cut short, or over 1 MiB.",
    advice: "Say that the action exists; reload the list.",
  },
  overloaded: {
    code: "OVERLOADED",
    outcome: "NOT_CREATED",
    retryable: true,
    retryableRead: true,
    message: "Too many calls are under way; this one was not sent.",
    when:
      "More than `MAX_IN_FLIGHT` calls to ContactSwing are under way, or (HTTP 503) the service is short of processor " +
      "time. ContactSwing was not called.",
    advice: "Offer another try after `retryAfterSeconds`.",
  },
  "idempotency-key-reused": {
    code: "IDEMPOTENCY_KEY_REUSED",
    outcome: "NOT_CREATED",
    retryable: false,
    retryableRead: false,
    message: "This idempotency key was used with another input.",
    when: "An earlier call with the same `idempotencyKey` has another input. ContactSwing was not called.",
    advice: "A bug of the client: it must take a new key whenever the input changes.",
  },
  "outcome-unknown": {
    code: "OUTCOME_UNKNOWN",
    outcome: "UNKNOWN",
    retryable: false,
    retryableRead: false,
    message: "An earlier call with this idempotency key may have created the action.",
    when:
      "An earlier call with the same `idempotencyKey` ended with the outcome `UNKNOWN`, its process died, or it had not " +
      "ended when this call's time to wait was over. This call sent nothing.",
    advice: "Say that the action may exist; let the user look, then use a new key to create another.",
  },
  "outcome-unknown-after-created": {
    code: "OUTCOME_UNKNOWN",
    outcome: "CREATED",
    retryable: false,
    retryableRead: false,
    message: "An earlier call with this idempotency key created the action, but its id is not known.",
    when: "An earlier call with the same `idempotencyKey` ended with the outcome `CREATED`, without an id. This call sent nothing.",
    advice: "Say that the action exists; reload the list.",
  },
  "idempotency-unavailable": {
    code: "IDEMPOTENCY_UNAVAILABLE",
    outcome: "NOT_CREATED",
    retryable: true,
    retryableRead: true,
    message: "Idempotency keys cannot be checked for the moment; nothing was sent.",
    when: "The store of idempotency keys cannot be reached, and the call has a key. ContactSwing was not called.",
    advice: "Offer another try with the same key.",
  },
  bug: {
    code: "INTERNAL_SERVER_ERROR",
    outcome: "UNKNOWN",
    retryable: false,
    retryableRead: false,
    message: "Internal server error.",
    when: "Anything else: a bug of this service, logged under the `requestId`.",
    advice: "Say that the action may exist, and show the `requestId` for support.",
  },
} satisfies Record<FailureKind, FailureRow>;
