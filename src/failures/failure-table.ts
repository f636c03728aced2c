/** Whether the action exists after a failed write. */
export type Outcome = "CREATED" | "NOT_CREATED" | "UNKNOWN";

export interface FailureRow {
  readonly code: string;
  readonly outcome: Outcome;
  /** True only if the same write can be sent again without any risk of creating a second action. */
  readonly retryable: boolean;
  /** Whether a read that failed this way may succeed if it is sent again. A read creates nothing. */
  readonly retryableRead: boolean;
  /** What the caller reads, unless ContactSwing's own text is more specific. */
  readonly message: string;
  /** What happened, for the documentation. */
  readonly when: string;
  /** The extensions that an error of this kind may have besides those that every error has. */
  readonly extensions?: readonly ("fieldErrors" | "retryAfterSeconds" | "upstream")[];
}

/** Defaults for rows that do not differ: nothing was created, and sending the same request again does not help. */
const rejected = { outcome: "NOT_CREATED", retryable: false, retryableRead: false } as const;
const safeToRetry = { outcome: "NOT_CREATED", retryable: true, retryableRead: true } as const;
const outcomeUnknown = { outcome: "UNKNOWN", retryable: false, retryableRead: true } as const;
const outcomeCreated = { outcome: "CREATED", retryable: false, retryableRead: false } as const;

/** Every kind of failure, with its code, outcome, and message. The tables of `docs/errors.md` are generated from it. */
export const failureTable = {
  "token-missing": {
    ...rejected,
    code: "UNAUTHENTICATED",
    message: "Send exactly one Authorization header of the form: Bearer <token>.",
    when: "No token, a malformed one, or more than one `Authorization` header.",
  },
  "token-invalid": {
    ...rejected,
    code: "UNAUTHENTICATED",
    message: "The token is invalid or has expired.",
    when: "With `JWKS_URL`: the token's signature, issuer, audience, or lifetime is wrong. Or the sandbox's demo token was sent to another ContactSwing.",
  },
  "keys-unavailable": {
    ...safeToRetry,
    code: "AUTH_UNAVAILABLE",
    message: "Tokens cannot be verified at the moment.",
    when: "With `JWKS_URL`: the keys could not be loaded, or the token names an unknown key soon after they were loaded.",
    extensions: ["retryAfterSeconds"],
  },
  "input-invalid": {
    ...rejected,
    code: "BAD_USER_INPUT",
    message: "The input is invalid.",
    when: "The input violates a rule of this service.",
    extensions: ["fieldErrors"],
  },
  "variable-invalid": {
    ...rejected,
    code: "BAD_USER_INPUT",
    message: "A variable does not have the type that the schema requires.",
    when: "A variable cannot be coerced to its type (HTTP 400); the `rule` is `type`.",
    extensions: ["fieldErrors"],
  },
  "input-rejected": {
    ...rejected,
    code: "BAD_USER_INPUT",
    message: "ContactSwing rejected the input.",
    when: "ContactSwing returned 400 (its text is the `message`) or 422 (its list is in `fieldErrors`).",
    extensions: ["fieldErrors", "upstream"],
  },
  "token-rejected": {
    ...rejected,
    code: "UNAUTHENTICATED",
    message: "ContactSwing rejected the token.",
    when: "ContactSwing returned 401, 403 `Not authenticated`, or 422 about a header.",
    extensions: ["upstream"],
  },
  forbidden: {
    ...rejected,
    code: "FORBIDDEN",
    message: "ContactSwing denied permission for this request.",
    when: "ContactSwing returned 403.",
    extensions: ["upstream"],
  },
  conflict: {
    ...rejected,
    code: "CONFLICT",
    message: "The request conflicts with existing data in ContactSwing.",
    when: "ContactSwing returned 409.",
    extensions: ["upstream"],
  },
  "rate-limited": {
    ...safeToRetry,
    code: "RATE_LIMITED",
    message: "ContactSwing's rate limit has been exceeded.",
    when: "ContactSwing returned 429; `retryAfterSeconds` is its `Retry-After`, if it sent one.",
    extensions: ["retryAfterSeconds", "upstream"],
  },
  "request-rejected": {
    ...rejected,
    code: "UPSTREAM_ERROR",
    message: "ContactSwing rejected the request.",
    when: "Any other 4xx, any 3xx, and 401, 403, or 404 as an HTML page of the hosting platform.",
    extensions: ["upstream"],
  },
  "server-error": {
    ...outcomeUnknown,
    code: "UPSTREAM_ERROR",
    message: "ContactSwing failed while processing the request.",
    when: "ContactSwing returned 5xx.",
    extensions: ["upstream"],
  },
  "connection-lost": {
    ...outcomeUnknown,
    code: "UPSTREAM_ERROR",
    message: "The connection to ContactSwing was lost before its response was complete.",
    when: "The connection was lost after the request had been sent.",
    extensions: ["upstream"],
  },
  unreachable: {
    ...safeToRetry,
    code: "UPSTREAM_UNAVAILABLE",
    message: "ContactSwing cannot be reached.",
    when: "No connection: refused, DNS, TLS, or connect timeout.",
  },
  "circuit-open": {
    ...safeToRetry,
    code: "UPSTREAM_UNAVAILABLE",
    message: "ContactSwing is unavailable; requests are paused for a moment.",
    when: "The circuit breaker is open because ContactSwing was unavailable to too many requests.",
    extensions: ["retryAfterSeconds"],
  },
  timeout: {
    ...outcomeUnknown,
    code: "UPSTREAM_TIMEOUT",
    message: "ContactSwing did not respond in time.",
    when: "No complete response within `UPSTREAM_TIMEOUT_MS` after connecting.",
    extensions: ["upstream"],
  },
  "timeout-after-created": {
    ...outcomeCreated,
    retryableRead: true,
    code: "UPSTREAM_TIMEOUT",
    message: "The action was created, but ContactSwing's response did not arrive in time.",
    when: "The status 201 arrived in time, but the rest of the response did not.",
    extensions: ["upstream"],
  },
  "bad-response": {
    ...outcomeUnknown,
    retryableRead: false,
    code: "UPSTREAM_BAD_RESPONSE",
    message: "ContactSwing's response does not have the documented format.",
    when: "A 2xx other than 201 whose body is not as documented, is cut short, or is over 1 MiB.",
    extensions: ["upstream"],
  },
  "bad-response-after-created": {
    ...outcomeCreated,
    code: "UPSTREAM_BAD_RESPONSE",
    message: "The action was created, but ContactSwing's response does not have the documented format.",
    when: "A 201 whose body is not as documented, is cut short, or is over 1 MiB.",
    extensions: ["upstream"],
  },
  "not-found-after-created": {
    ...outcomeCreated,
    code: "UPSTREAM_ERROR",
    message: "The action was created, but ContactSwing does not return its details yet.",
    when: "ContactSwing returned 404 for the details of the action that it had just created.",
    extensions: ["upstream"],
  },
  overloaded: {
    ...safeToRetry,
    code: "OVERLOADED",
    message: "Too many requests are in flight; this one was not sent to ContactSwing.",
    when: "`MAX_IN_FLIGHT` or the caller's share of it has been reached, or (HTTP 503) the service itself is overloaded.",
    extensions: ["retryAfterSeconds"],
  },
  "idempotency-key-reused": {
    ...rejected,
    code: "IDEMPOTENCY_KEY_REUSED",
    message: "This idempotency key was already used with a different input.",
    when: "An earlier request with the same `idempotencyKey` has a different input: a changed input needs a new key.",
  },
  "outcome-unknown": {
    ...outcomeUnknown,
    retryableRead: false,
    code: "OUTCOME_UNKNOWN",
    message: "An earlier request with this idempotency key may have created the action.",
    when: "An earlier request with the same `idempotencyKey` ended as `UNKNOWN`, or has not ended in time.",
  },
  "outcome-unknown-after-created": {
    ...outcomeCreated,
    code: "OUTCOME_UNKNOWN",
    message: "An earlier request with this idempotency key created the action, but its ID is not known.",
    when: "An earlier request with the same `idempotencyKey` ended as `CREATED` without an ID.",
  },
  "idempotency-unavailable": {
    ...safeToRetry,
    code: "IDEMPOTENCY_UNAVAILABLE",
    message: "Idempotency keys cannot be checked at the moment; nothing was sent.",
    when: "The idempotency store cannot be reached, and the request has a key.",
  },
  bug: {
    ...outcomeUnknown,
    retryableRead: false,
    code: "INTERNAL_SERVER_ERROR",
    message: "Internal server error.",
    when: "Anything else: a bug in this service, logged under the `requestId`.",
  },
} satisfies Record<string, FailureRow>;
