import { LRUCache } from "lru-cache";
import type { AttemptResult, Claim, ClaimResult, IdempotencyStore, StoredResult } from "./idempotency-store.ts";

/** Three digests, the entry, and its bookkeeping. */
const entryOverheadBytes = 500;

export interface MemoryStoreSettings {
  readonly ttlMs: number;
  readonly maxBytes: number;
  /** Milliseconds, `performance` unless given. */
  readonly clock?: { now(): number };
}

interface Ended {
  readonly fingerprint: string;
  readonly result: StoredResult;
}

/**
 * Keeps keys in the process. Keys in flight are kept apart from ended ones, so that neither time nor lack of space can
 * end them. The oldest ended keys make room for new ones.
 */
export function createMemoryStore({ ttlMs, maxBytes, clock = performance }: MemoryStoreSettings): IdempotencyStore {
  const inFlight = new Map<string, string>();
  const ended = new LRUCache<string, Ended>({
    ttl: ttlMs,
    // The time is read whenever it matters, not once a millisecond.
    ttlResolution: 0,
    perf: clock,
    maxSize: maxBytes,
    sizeCalculation: ({ result }) => entryOverheadBytes + (result.state === "done" ? result.response.length : 0),
  });

  function take({ key, fingerprint }: Claim): ClaimResult {
    inFlight.set(key, fingerprint);
    const end = async (result: AttemptResult) => {
      inFlight.delete(key);
      if (result.state !== "free") ended.set(key, { fingerprint, result });
    };
    return { state: "claimed", lease: { end } };
  }

  return {
    isAvailable: true,
    async claim(claim) {
      // `peek` does not refresh recency.
      const known = ended.peek(claim.key);
      const fingerprint = known?.fingerprint ?? inFlight.get(claim.key);
      if (fingerprint === undefined) return take(claim);
      if (fingerprint !== claim.fingerprint) return { state: "other-input" };
      return known?.result ?? { state: "in-flight" };
    },
    async start() {},
    async stop() {},
  };
}
