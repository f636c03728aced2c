/** Names one create: whose key it is, and what is to be created. Digests only. */
export interface Claim {
  /** Digest of the caller and the idempotency key. */
  readonly key: string;
  /** Digest of the caller, the key and the normalized input. */
  readonly fingerprint: string;
}

/** How a create ended. `free` gives the key back, the others stay for the time to live. */
export type Ending =
  | { readonly state: "created"; readonly sealedAnswer: string }
  | { readonly state: "unknown"; readonly outcome: "UNKNOWN" | "CREATED" }
  | { readonly state: "free" };

/** The right to create under a key. Only its holder can end it, exactly once. */
export interface Hold {
  /** Writes the ending down, at once or as soon as the store can be reached. Never rejects. */
  end(ending: Ending): Promise<void>;
}

/**
 * What stands under a key. `claimed`: nothing stood there, and from here on the claimer holds it. `under-way`: another
 * holds it. `abandoned`: its holder is gone, or its record is; nobody knows the outcome. `other-input`: the key was used
 * for something else.
 */
export type Standing =
  | { readonly state: "claimed"; readonly hold: Hold }
  | { readonly state: "under-way" }
  | { readonly state: "abandoned" }
  | { readonly state: "other-input" }
  | Exclude<Ending, { readonly state: "free" }>;

export interface IdempotencyStore {
  /**
   * Takes a key that is free, or says what stands under it, in one atomic step.
   * @param isKnownTaken says that the caller has seen the key taken: then a record that is missing was lost, not given
   * back, and the key is not taken.
   * @throws StoreUnavailable when the store cannot be asked; no key is held then.
   */
  claim(claim: Claim, isKnownTaken: boolean): Promise<Standing>;
  /** Whether claims can be made. */
  readonly isAvailable: boolean;
  start(): Promise<void>;
  /** Writes down what is left to write, as far as that goes quickly, and lets go of the store. */
  stop(): Promise<void>;
}

/** Thrown when the store cannot be asked. It names no reason: a client library's errors name the host. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}
