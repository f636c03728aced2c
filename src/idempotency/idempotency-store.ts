/** Identifies one create request: whose key it is, and what is to be created. Digests only. */
export interface Claim {
  /** Digest of the caller and the idempotency key. */
  readonly key: string;
  /** Digest of the caller, the key, and the canonical input. */
  readonly fingerprint: string;
}

/** How a create request ended. `free` releases the key, the others are kept for the time to live. */
export type Ending =
  | { readonly state: "created"; readonly sealedResponse: string }
  | { readonly state: "unknown"; readonly outcome: "UNKNOWN" | "CREATED" }
  | { readonly state: "free" };

/** The right to create under a key. Only its holder can end it, exactly once. */
export interface Hold {
  /** Stores the ending, at once or as soon as the store can be reached. Never rejects. */
  end(ending: Ending): Promise<void>;
}

/**
 * The state of a key. `claimed`: it was free, and the claimer holds it now. `in-flight`: another request holds it.
 * `abandoned`: its holder or its record is gone, and nobody knows the outcome. `other-input`: it was used for a different
 * input.
 */
export type Standing =
  | { readonly state: "claimed"; readonly hold: Hold }
  | { readonly state: "in-flight" }
  | { readonly state: "abandoned" }
  | { readonly state: "other-input" }
  | Exclude<Ending, { readonly state: "free" }>;

export interface IdempotencyStore {
  /**
   * Claims a key that is free, or returns its state, in one atomic step.
   * @param isKnownHeld says that the key has been seen held: a record that is missing then was lost, not released, and
   * the key is not claimed.
   * @throws StoreUnavailable if the store cannot be asked; no key is held then.
   */
  claim(claim: Claim, isKnownHeld: boolean): Promise<Standing>;
  /** Whether claims can be made. */
  readonly isAvailable: boolean;
  start(): Promise<void>;
  /** Stores pending endings and disconnects. @param deadline by the clock of `performance.now()`. */
  stop(deadline: number): Promise<void>;
}

/** Thrown if the store cannot be asked. Without a cause, because a client library's errors name the host. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}
