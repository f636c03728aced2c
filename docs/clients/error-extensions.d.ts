// From contactswing-bff 0.1.0 (e304edce): docs/clients/error-extensions.d.ts. What changes is in docs/changelog.md.
/** Whether the action exists after a failed create request. */
export type Outcome = "CREATED" | "NOT_CREATED" | "UNKNOWN";

/** One problem of one input field. */
export interface FieldError {
  /** From the argument to the input field, e.g. `["input", "webhook", "syncField"]`. */
  readonly path: readonly string[];
  /** In English. */
  readonly message: string;
  /**
   * One of the service's own rules, or one of ContactSwing's, such as `string_too_short`. The set is open: show `message`
   * for a rule that you do not know.
   */
  readonly rule: Rule | (string & {});
  /** The numbers of the rule, to word it in another language. */
  readonly params?: Readonly<Partial<Record<"min" | "max", number>>>;
}

/** The service's own rules. docs/errors.md lists their parameters and messages. */
export type Rule =
  // generated: rules
  | "isIdempotencyKey"
  | "requiredWhenSyncing"
  | "isNotBlank"
  | "isWellFormedUnicode"
  | "hasNoControlCharacters"
  | "maxCodePoints"
  | "isInRange"
  | "isCursor"
  | "type";
// /generated

/** ContactSwing's response, as far as it is known. */
export interface Upstream {
  readonly status: number;
  readonly ctxId: string | null;
}

interface AnyExtensions {
  readonly code: string;
  /** Also the response header `x-request-id`; show it where a user may ask for help. */
  readonly requestId: string;
  /** Absent on reads. */
  readonly outcome?: Outcome;
  /** True only if the same request can be sent again without any risk of creating a second action. */
  readonly retryable?: boolean;
  readonly fieldErrors?: readonly FieldError[];
  /** Whole seconds after which a retry makes sense. */
  readonly retryAfterSeconds?: number;
  readonly upstream?: Upstream;
}

interface ExtensionsByCode {
  // generated: codes
  // No token, a malformed one, or more than one `Authorization` header.
  // With `JWKS_URL`: the token's signature, key ID, issuer, audience, or lifetime is wrong. Or the sandbox's demo token was sent to another ContactSwing.
  // ContactSwing returned 401, 403 `Not authenticated`, or 422 about a header.
  readonly UNAUTHENTICATED: {
    readonly outcome?: "CREATED" | "NOT_CREATED" | "UNKNOWN";
    readonly retryable: false;
    readonly upstream?: Upstream;
  };
  // With `JWKS_URL`: the keys could not be loaded.
  readonly AUTH_UNAVAILABLE: {
    readonly outcome?: "NOT_CREATED" | "UNKNOWN";
    readonly retryable: true;
    readonly retryAfterSeconds?: number;
  };
  // The input violates a rule of this service.
  // A variable cannot be coerced to its type (HTTP 400); the `rule` is `type`.
  // ContactSwing returned 400 (its text is the `message`) or 422 (its list is in `fieldErrors`).
  readonly BAD_USER_INPUT: {
    readonly outcome?: "CREATED" | "NOT_CREATED" | "UNKNOWN";
    readonly retryable: false;
    readonly fieldErrors?: readonly FieldError[];
    readonly upstream?: Upstream;
  };
  // ContactSwing returned 403.
  readonly FORBIDDEN: {
    readonly outcome?: "CREATED" | "NOT_CREATED";
    readonly retryable: false;
    readonly upstream?: Upstream;
  };
  // ContactSwing returned 409.
  readonly CONFLICT: {
    readonly outcome?: "CREATED" | "NOT_CREATED";
    readonly retryable: false;
    readonly upstream?: Upstream;
  };
  // ContactSwing returned 429; `retryAfterSeconds` is its `Retry-After`, if it sent one, and at most a day.
  readonly RATE_LIMITED: {
    readonly outcome?: "CREATED" | "NOT_CREATED" | "UNKNOWN";
    readonly retryable: false | true;
    readonly retryAfterSeconds?: number;
    readonly upstream?: Upstream;
  };
  // Any other 3xx or 4xx, and any 4xx but 408, 429, and 499 whose body is HTML: it comes from a proxy or the hosting platform.
  // ContactSwing returned 303, 408, or 499.
  // ContactSwing returned 5xx.
  // The connection was lost after the request had been sent.
  // ContactSwing returned 404 for the details of what it had just created.
  readonly UPSTREAM_ERROR: {
    readonly outcome?: "CREATED" | "NOT_CREATED" | "UNKNOWN";
    readonly retryable: false | true;
    readonly upstream?: Upstream;
  };
  // No connection: refused, DNS, TLS, or connect timeout.
  // The circuit breaker is open because ContactSwing was unavailable to too many requests.
  readonly UPSTREAM_UNAVAILABLE: {
    readonly outcome?: "CREATED" | "NOT_CREATED" | "UNKNOWN";
    readonly retryable: false | true;
    readonly retryAfterSeconds?: number;
  };
  // No complete response within `UPSTREAM_TIMEOUT_MS` after connecting.
  // The status of success arrived in time, but the rest of the response did not.
  // `REQUEST_TIMEOUT_MS` has passed. Reads in flight stop, and nothing more is sent.
  readonly UPSTREAM_TIMEOUT: {
    readonly outcome?: "CREATED" | "NOT_CREATED" | "UNKNOWN";
    readonly retryable: false | true;
    readonly upstream?: Upstream;
  };
  // A 2xx other than the documented status whose body is not as documented, is cut short, or is over 1 MiB.
  // The documented status of success with a body that is not as documented, is cut short, or is over 1 MiB.
  readonly UPSTREAM_BAD_RESPONSE: {
    readonly outcome?: "CREATED" | "UNKNOWN";
    readonly retryable: false;
    readonly upstream?: Upstream;
  };
  // `MAX_IN_FLIGHT` or the caller's share of it has been reached, requests in flight use too much memory together, or (HTTP 503) the service itself is overloaded.
  readonly OVERLOADED: {
    readonly outcome?: "CREATED" | "NOT_CREATED" | "UNKNOWN";
    readonly retryable: false | true;
    readonly retryAfterSeconds?: number;
  };
  // The response needs more memory than one request may use. Split the operation.
  readonly OPERATION_LIMIT_EXCEEDED: {
    readonly outcome?: "CREATED" | "NOT_CREATED" | "UNKNOWN";
    readonly retryable: false;
  };
  // An earlier request with the same `idempotencyKey` has a different input: a changed input needs a new key.
  readonly IDEMPOTENCY_KEY_REUSED: {
    readonly outcome: "NOT_CREATED";
    readonly retryable: false;
  };
  // An earlier request with the same `idempotencyKey` ended as `UNKNOWN`, or has not ended in time.
  // An earlier request with the same `idempotencyKey` ended as done without a usable response, or ContactSwing does not show it to this token.
  readonly OUTCOME_UNKNOWN: {
    readonly outcome: "CREATED" | "UNKNOWN";
    readonly retryable: false;
  };
  // The idempotency store cannot be reached, and the request has a key.
  readonly IDEMPOTENCY_UNAVAILABLE: {
    readonly outcome: "NOT_CREATED";
    readonly retryable: true;
  };
  // Anything else: a bug in this service, logged under the `requestId`.
  readonly INTERNAL_SERVER_ERROR: {
    readonly outcome?: "CREATED" | "UNKNOWN";
    readonly retryable: false;
  };
  // The document has a syntax error.
  readonly GRAPHQL_PARSE_FAILED: {
    readonly outcome?: "NOT_CREATED";
    readonly retryable?: false;
  };
  // The document is not valid against the schema.
  readonly GRAPHQL_VALIDATION_FAILED: {
    readonly outcome?: "NOT_CREATED";
    readonly retryable?: false;
  };
  // The document has no operation with the given name, or several and no name was given.
  readonly OPERATION_RESOLUTION_FAILURE: {
    readonly outcome?: "NOT_CREATED";
    readonly retryable?: false;
  };
  // The hash is unknown: send the document together with its hash.
  readonly PERSISTED_QUERY_NOT_FOUND: {
    readonly outcome?: "NOT_CREATED";
    readonly retryable?: false;
  };
  // Persisted queries are off: send the document.
  readonly PERSISTED_QUERY_NOT_SUPPORTED: {
    readonly outcome?: "NOT_CREATED";
    readonly retryable?: false;
  };
  // The request violates the GraphQL over HTTP specification, or a page of another site may have sent it (CSRF).
  readonly BAD_REQUEST: {
    readonly outcome?: "NOT_CREATED";
    readonly retryable?: false;
  };
  // Not found; GraphQL is at /graphql.
  readonly NOT_FOUND: object;
  // Use POST, or GET for queries.
  readonly METHOD_NOT_ALLOWED: object;
  // Accept application/graphql-response+json or application/json.
  readonly NOT_ACCEPTABLE: object;
  // The request did not arrive in time.
  readonly REQUEST_TIMEOUT: object;
  // The request body is too large.
  readonly PAYLOAD_TOO_LARGE: object;
  // Send the request body as application/json in UTF-8.
  readonly UNSUPPORTED_MEDIA_TYPE: object;
  // The request headers are too large.
  readonly HEADERS_TOO_LARGE: object;
  // /generated
}

export type ErrorCode = keyof ExtensionsByCode;

/** The `extensions` of an error, as a union by `code`. `readFailure` finds them in a client's error. */
export type ErrorExtensions = {
  [Code in ErrorCode]: Exact<{ readonly code: Code; readonly requestId: string } & ExtensionsByCode[Code]>;
}[ErrorCode];

/** What a member of the union does not have is `undefined`, so that it can be read without narrowing first. */
type Exact<Member> = Member & { readonly [Absent in Exclude<keyof AnyExtensions, keyof Member>]?: never };

// graphql-js declares these as interfaces, which cannot be unions: without `readFailure` each field is only optional.
declare module "graphql" {
  interface GraphQLErrorExtensions extends Partial<AnyExtensions> {}
  interface GraphQLFormattedErrorExtensions extends Partial<AnyExtensions> {}
}
