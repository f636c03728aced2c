import type { WriteState } from "./effect.ts";

/** What a message says about the operation that failed. */
export interface Wording {
  /** What the operation is about, such as `action`. */
  readonly subject: string;
  /** What a write has done to it, such as `created`. */
  readonly done: string;
}

export interface FailureRow {
  readonly code: string;
  /** Whether a write that failed this way has been done. */
  readonly write: WriteState;
  /** Whether the same request may succeed if it is sent again later. */
  readonly isTransient: boolean;
  /** What the caller reads, unless ContactSwing's own text is more specific. */
  readonly message: string | ((wording: Wording) => string);
  /** What happened, for the documentation. */
  readonly when: string;
  /** The extensions that an error of this kind may have besides those that every error has. */
  readonly extensions?: readonly ("fieldErrors" | "retryAfterSeconds" | "upstream")[];
}

// What a failure says about a write, and whether a retry may succeed. `lost`: the request may have been processed, and
// nothing says so. `unclear`: ContactSwing responded, but not in a way that says what it did.
const rejected = { write: "not-done", isTransient: false } as const;
const notNow = { write: "not-done", isTransient: true } as const;
const lost = { write: "unknown", isTransient: true } as const;
const unclear = { write: "unknown", isTransient: false } as const;
const done = { write: "done", isTransient: false } as const;

/** Every kind of failure, with its code and message. The tables of `docs/errors.md` are generated from it. */
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
    when: "With `JWKS_URL`: the token's signature, key ID, issuer, audience, or lifetime is wrong. Or the sandbox's demo token was sent to another ContactSwing.",
  },
  "keys-unavailable": {
    ...notNow,
    code: "AUTH_UNAVAILABLE",
    message: "Tokens cannot be verified at the moment.",
    when: "With `JWKS_URL`: the keys could not be loaded.",
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
    ...notNow,
    code: "RATE_LIMITED",
    message: "ContactSwing's rate limit has been exceeded.",
    when: "ContactSwing returned 429; `retryAfterSeconds` is its `Retry-After`, if it sent one, and at most a day.",
    extensions: ["retryAfterSeconds", "upstream"],
  },
  "request-rejected": {
    ...rejected,
    code: "UPSTREAM_ERROR",
    message: "ContactSwing rejected the request.",
    when: "Any other 3xx or 4xx, and any 4xx but 408, 429, and 499 whose body is HTML: it comes from a proxy or the hosting platform.",
    extensions: ["upstream"],
  },
  "response-ambiguous": {
    ...unclear,
    code: "UPSTREAM_ERROR",
    message: "ContactSwing's response does not say whether it has processed the request.",
    when: "ContactSwing returned 303, 408, or 499.",
    extensions: ["upstream"],
  },
  "server-error": {
    ...lost,
    code: "UPSTREAM_ERROR",
    message: "ContactSwing failed while processing the request.",
    when: "ContactSwing returned 5xx.",
    extensions: ["upstream"],
  },
  "connection-lost": {
    ...lost,
    code: "UPSTREAM_ERROR",
    message: "The connection to ContactSwing was lost before its response was complete.",
    when: "The connection was lost after the request had been sent.",
    extensions: ["upstream"],
  },
  unreachable: {
    ...notNow,
    code: "UPSTREAM_UNAVAILABLE",
    message: "ContactSwing cannot be reached.",
    when: "No connection: refused, DNS, TLS, or connect timeout.",
  },
  "circuit-open": {
    ...notNow,
    code: "UPSTREAM_UNAVAILABLE",
    message: "ContactSwing is unavailable. Requests are temporarily suspended.",
    when: "The circuit breaker is open because ContactSwing was unavailable to too many requests.",
    extensions: ["retryAfterSeconds"],
  },
  timeout: {
    ...lost,
    code: "UPSTREAM_TIMEOUT",
    message: "ContactSwing did not respond in time.",
    when: "No complete response within `UPSTREAM_TIMEOUT_MS` after connecting.",
    extensions: ["upstream"],
  },
  "timeout-after-success": {
    ...done,
    code: "UPSTREAM_TIMEOUT",
    message: (word) => `The ${word.subject} was ${word.done}, but ContactSwing's response did not arrive in time.`,
    when: "The status of success arrived in time, but the rest of the response did not.",
    extensions: ["upstream"],
  },
  "deadline-exceeded": {
    ...notNow,
    code: "UPSTREAM_TIMEOUT",
    message: "The request took too long. The remaining upstream requests were not sent.",
    when: "`REQUEST_TIMEOUT_MS` has passed. Reads in flight stop, and nothing more is sent.",
  },
  "bad-response": {
    ...unclear,
    code: "UPSTREAM_BAD_RESPONSE",
    message: "ContactSwing's response does not have the documented format.",
    when: "A 2xx other than the documented status whose body is not as documented, is cut short, or is over 1 MiB.",
    extensions: ["upstream"],
  },
  "bad-response-after-success": {
    ...done,
    code: "UPSTREAM_BAD_RESPONSE",
    message: (word) =>
      `The ${word.subject} was ${word.done}, but ContactSwing's response does not have the documented format.`,
    when: "The documented status of success with a body that is not as documented, is cut short, or is over 1 MiB.",
    extensions: ["upstream"],
  },
  "not-found-after-success": {
    ...done,
    code: "UPSTREAM_ERROR",
    message: (word) => `The ${word.subject} was ${word.done}, but ContactSwing does not return its details yet.`,
    when: "ContactSwing returned 404 for the details of what it had just created.",
    extensions: ["upstream"],
  },
  overloaded: {
    ...notNow,
    code: "OVERLOADED",
    message: "Too many requests are in flight. This one was not sent to ContactSwing.",
    when: "`MAX_IN_FLIGHT` or the caller's share of it has been reached, requests in flight use too much memory together, or (HTTP 503) the service itself is overloaded.",
    extensions: ["retryAfterSeconds"],
  },
  "response-too-large": {
    ...rejected,
    code: "OPERATION_LIMIT_EXCEEDED",
    message: "The response of this operation is too large. Split the operation.",
    when: "The response needs more memory than one request may use. Split the operation.",
  },
  "idempotency-key-reused": {
    ...rejected,
    code: "IDEMPOTENCY_KEY_REUSED",
    message: "This idempotency key was already used with a different input.",
    when: "An earlier request with the same `idempotencyKey` has a different input: a changed input needs a new key.",
  },
  "outcome-unknown": {
    ...unclear,
    code: "OUTCOME_UNKNOWN",
    message: (word) => `An earlier request with this idempotency key may have ${word.done} the ${word.subject}.`,
    when: "An earlier request with the same `idempotencyKey` ended as `UNKNOWN`, or has not ended in time.",
  },
  "outcome-unknown-after-success": {
    ...done,
    code: "OUTCOME_UNKNOWN",
    message: (word) =>
      `An earlier request with this idempotency key ${word.done} the ${word.subject}, but the response is not available.`,
    when: "An earlier request with the same `idempotencyKey` ended as done without a usable response, or ContactSwing does not show it to this token.",
  },
  "idempotency-unavailable": {
    ...notNow,
    code: "IDEMPOTENCY_UNAVAILABLE",
    message: "Idempotency keys cannot be checked at the moment. Nothing was sent.",
    when: "The idempotency store cannot be reached, and the request has a key.",
  },
  bug: {
    ...unclear,
    code: "INTERNAL_SERVER_ERROR",
    message: "Internal server error.",
    when: "Anything else: a bug in this service, logged under the `requestId`.",
  },
} satisfies Record<string, FailureRow>;
