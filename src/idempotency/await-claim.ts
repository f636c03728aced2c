import { setTimeout as delay } from "node:timers/promises";
import { type Claim, type IdempotencyStore, type Standing, StoreUnavailable } from "./idempotency-store.ts";

const firstPauseMs = 20;
const longestPauseMs = 200;
const pauseGrowth = 1.5;

/**
 * Takes a key, or waits until another holder's call has ended. `under-way` means that it had not ended by the deadline.
 * A store that goes away while a call is known to be under way may come back: it is asked again until the deadline.
 * @param deadline by the clock of `performance.now()`.
 * @throws StoreUnavailable when the store cannot be asked whether the key is taken.
 */
export async function awaitClaim(
  store: IdempotencyStore,
  claim: Claim,
  deadline: number,
  wasTaken: boolean,
): Promise<Standing> {
  let isKnownTaken = wasTaken;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * pauseGrowth, longestPauseMs)) {
    try {
      const standing = await store.claim(claim, isKnownTaken);
      if (standing.state !== "under-way") return standing;
      isKnownTaken = true;
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || !isKnownTaken) throw error;
    }
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return { state: "under-way" };
    await delay(Math.min(pauseMs, leftMs));
  }
}
