import { setTimeout as delay } from "node:timers/promises";
import { type Claim, type IdempotencyStore, type Standing, StoreUnavailable } from "./idempotency-store.ts";

const firstPauseMs = 20;
const maxPauseMs = 200;
const pauseGrowth = 1.5;

/**
 * Claims a key, or waits until the request that holds it has ended. `in-flight` means that it had not ended by the
 * deadline. If the store becomes unavailable while a request is known to hold the key, it is asked again until then.
 * @param deadline by the clock of `performance.now()`.
 * @throws StoreUnavailable if the store cannot tell whether the key is held.
 */
export async function awaitClaim(
  store: IdempotencyStore,
  claim: Claim,
  deadline: number,
  wasHeld: boolean,
): Promise<Standing> {
  let isKnownHeld = wasHeld;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * pauseGrowth, maxPauseMs)) {
    try {
      const standing = await store.claim(claim, isKnownHeld);
      if (standing.state !== "in-flight") return standing;
      isKnownHeld = true;
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || !isKnownHeld) throw error;
    }
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return { state: "in-flight" };
    await delay(Math.min(pauseMs, leftMs));
  }
}
