/** Identifies one write: whose key it is, and what is to be written. Digests only. */
export interface Claim {
  /** Digest of the owner, the operation, and the idempotency key. */
  readonly key: string;
  /** Digest of the same, and the canonical input. */
  readonly fingerprint: string;
}

/** How a write ended. `free` releases the key, the others are stored for the time to live. */
export type AttemptResult =
  | {
      readonly state: "done";
      /** JSON text: what a replay needs and the second request does not bring along. */
      readonly response: string;
      /** Digest of the token that the write was done with. */
      readonly tokenDigest: string;
    }
  /** Whether it was done is not known, or it was, but there is no response that can be replayed. */
  | { readonly state: "unknown"; readonly isDone: boolean }
  | { readonly state: "free" };

export type StoredResult = Exclude<AttemptResult, { readonly state: "free" }>;

/** The right to write under a key. Only its holder can end it, exactly once. */
export interface Lease {
  /** Stores the result, at once or as soon as the store can be reached. Never rejects. */
  end(result: AttemptResult): Promise<void>;
}

/**
 * The result of a claim. `claimed`: the key was free, and the request has its lease now. `in-flight`: another request has
 * it. `abandoned`: the lease has expired or the record is gone, and nobody knows the outcome. `other-input`: the key was
 * used for a different input.
 */
export type ClaimResult =
  | { readonly state: "claimed"; readonly lease: Lease }
  | { readonly state: "in-flight" }
  | { readonly state: "abandoned" }
  | { readonly state: "other-input" }
  | StoredResult;

export interface IdempotencyStore {
  /**
   * Claims a key if it is free, or returns its state, in one atomic step.
   * @param wasInFlight says that the key has been seen in flight: a record that is missing then was lost, not released,
   * and the key is not claimed.
   * @throws StoreUnavailable if the store cannot be asked; nothing is claimed then.
   */
  claim(claim: Claim, wasInFlight: boolean): Promise<ClaimResult>;
  /** Whether claims can be made. */
  readonly isAvailable: boolean;
  start(): Promise<void>;
  /** Stores pending results and disconnects. @param deadline by the clock of `performance.now()`. */
  stop(deadline: number): Promise<void>;
}

/** Thrown if the store cannot be asked. Without a cause, because a client library's errors name the host. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}
