import type { Claim, Ending, IdempotencyStore, Standing } from "./idempotency-store.ts";

/** Ended keys that a claim finds at most; at about half a kilobyte each, 25 MB. As many as calls under way come on top. */
export const maxRememberedKeys = 50_000;

export interface MemoryStoreSettings {
  readonly ttlMs: number;
  readonly maxKeys: number;
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number;
}

interface Remembered {
  readonly fingerprint: string;
  readonly ending: Exclude<Ending, { readonly state: "free" }>;
  readonly expiresAt: number;
}

/**
 * Keeps keys in the process. Keys under way stand apart from ended ones, so that neither time nor lack of room can end
 * them. A key's time begins when its call ends; the time being the same for all, ended keys lie in the order in which
 * they expire, and the oldest is always the first.
 */
export function createMemoryStore({ ttlMs, maxKeys, now }: MemoryStoreSettings): IdempotencyStore {
  const underWay = new Map<string, string>();
  const remembered = new Map<string, Remembered>();

  function forgetOldest(): void {
    const time = now();
    for (const [key, { expiresAt }] of remembered) {
      if (expiresAt > time && remembered.size <= maxKeys) return;
      remembered.delete(key);
    }
  }

  function take({ key, fingerprint }: Claim): Standing {
    underWay.set(key, fingerprint);
    const end = async (ending: Ending) => {
      underWay.delete(key);
      if (ending.state === "free") return;
      remembered.set(key, { fingerprint, ending, expiresAt: now() + ttlMs });
    };
    return { state: "claimed", hold: { end } };
  }

  return {
    isAvailable: true,
    async claim(claim) {
      forgetOldest();
      const known = remembered.get(claim.key);
      const fingerprint = known?.fingerprint ?? underWay.get(claim.key);
      if (fingerprint === undefined) return take(claim);
      if (fingerprint !== claim.fingerprint) return { state: "other-input" };
      return known?.ending ?? { state: "under-way" };
    },
    async start() {},
    async stop() {},
  };
}
