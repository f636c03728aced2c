import type { failureTable } from "./failure-table.ts";

/** One problem of one input field. `path` leads from the GraphQL argument to the field; `rule` names the broken rule. */
export interface FieldError {
  readonly path: readonly string[];
  readonly message: string;
  readonly rule: string;
  /** The numbers of the rule, such as `{ max: 255 }`. */
  readonly params?: Readonly<Record<string, number>>;
}

/** Every way in which a request can fail. */
export type FailureKind = keyof typeof failureTable;

/** The HTTP status of ContactSwing's response and the ID that it gave the request. */
export interface UpstreamFacts {
  readonly status: number;
  readonly ctxId: string | null;
}

/** What was used up when a request was rejected. */
export const capacityLimits = [
  "max-in-flight",
  "max-in-flight-per-caller",
  "max-reads",
  "circuit-open",
  "memory",
  "event-loop",
] as const;
export type CapacityLimit = (typeof capacityLimits)[number];

/** The network error code of upstream requests that were in flight at the end of the grace period. */
export const canceled = "ECANCELED";

/** A failure and its facts, in the names of the GraphQL schema. */
export interface Failure {
  readonly kind: FailureKind;
  /** ContactSwing's own text, safe to show; replaces the message of the failure table. */
  readonly message?: string;
  readonly fieldErrors?: readonly FieldError[];
  /** Whole seconds after which a retry makes sense. */
  readonly retryAfterSeconds?: number;
  readonly upstream?: UpstreamFacts;
  /** Why, in more detail than the kind: which limit, or what differs in a response. For the log, never for the caller. */
  readonly reason?: string;
  /**
   * The system's code for what went wrong below HTTP, such as `ECONNREFUSED`; {@link canceled} if this service closed the
   * connection itself. For the log, never for the caller.
   */
  readonly networkErrorCode?: string;
  /**
   * Of the read that precedes a replay: an earlier request with the same idempotency key may have done the write, and the
   * key makes it safe to send the request again.
   */
  readonly isBeforeReplay?: true;
}

/** The failure of a request for which this service has no capacity or memory now. */
export function overloaded(limit: CapacityLimit): Failure {
  return { kind: "overloaded", reason: limit, retryAfterSeconds: 1 };
}

/** Carries a {@link Failure} from where a request gives up to the error gate. */
export class RequestFailure extends Error {
  override readonly name = "RequestFailure";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}
