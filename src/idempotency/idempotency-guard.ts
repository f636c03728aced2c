import { setTimeout as delay } from "node:timers/promises";
import { type FailureKind, RequestFailure } from "../failures/failure.ts";
import { type FailureRow, failureTable } from "../failures/failure-table.ts";
import { limits } from "../limits.ts";
import { parseJson } from "../text/json.ts";
import { waitAtMost } from "../timing/wait-at-most.ts";
import { type DerivedClaim, deriveClaim, type KeyedWrite } from "./claim.ts";
import {
  type AttemptResult,
  type Claim,
  type ClaimResult,
  type IdempotencyStore,
  StoreUnavailable,
} from "./idempotency-store.ts";

/**
 * How a request with a key was handled. `done`, `not-done`, and `uncertain` (the write may have been done, or was done
 * without a response that can be replayed) sent the write; the others did not.
 */
export const idempotencyResults = [
  "done",
  "not-done",
  "uncertain",
  "replayed",
  "replay-refused",
  "outcome-unknown",
  "key-reused",
  "unavailable",
] as const;
export type IdempotencyResult = (typeof idempotencyResults)[number];

export interface GuardedWrite<Response> extends KeyedWrite {
  /** By when the request must end, on the clock of `performance.now()`. */
  readonly deadline: number;
  /** Does the write. */
  readonly run: () => Promise<Response>;
  /**
   * Asks ContactSwing for what an earlier request has written.
   * @returns whether it was found. @throws RequestFailure
   */
  readonly readBack: (response: Response) => Promise<boolean>;
  /** Called once. */
  readonly onResult: (result: IdempotencyResult) => void;
}

export interface GuardedResponse<Response> {
  readonly response: Response;
  readonly isReplayed: boolean;
}

export interface IdempotencyGuard {
  /**
   * Does a write unless an earlier request of the same owner with the same key and input has done it, whose response it
   * returns then. Responses must be JSON.
   * @throws RequestFailure of the idempotency kinds, and whatever the write throws.
   */
  once<Response>(write: GuardedWrite<Response>): Promise<GuardedResponse<Response>>;
}

/** What a request finds out about its key, and tells the requests that wait for it. */
type KeyState = Exclude<ClaimResult, { readonly state: "claimed" }> | AttemptResult | { readonly state: "unavailable" };
type EndedKeyState = Exclude<KeyState, { readonly state: "free" }>;

/** Makes retried writes safe, on top of a store of keys. `docs/idempotency.md` has the states and guarantees. */
export function createIdempotencyGuard(store: IdempotencyStore): IdempotencyGuard {
  // By fingerprint: of the requests of this process with the same owner, key, and input, one at a time claims the key,
  // and the others wait for what it finds out.
  const claiming = new Map<string, Promise<KeyState>>();

  /** Claims the key, does the write if it was free, and tells the requests that wait for this one. */
  async function claimAndWrite<Response>(
    write: GuardedWrite<Response>,
    claim: DerivedClaim,
    wasInFlight: boolean,
  ): Promise<GuardedResponse<Response>> {
    const { promise, resolve } = Promise.withResolvers<KeyState>();
    claiming.set(claim.fingerprint, promise);
    // The result after a bug in the store.
    let keyState: KeyState = { state: "abandoned" };
    try {
      const claimed = await awaitClaim(store, claim, wasInFlight, write.deadline);
      if (claimed.state !== "claimed") {
        keyState = claimed;
        return await replay(write, claim, claimed);
      }
      let result: AttemptResult = { state: "unknown", isDone: false };
      try {
        const response = await write.run();
        result = toStoredResult(response, claim.tokenDigest);
        return { response, isReplayed: false };
      } catch (error) {
        result = toFailedResult(error);
        throw error;
      } finally {
        keyState = result;
        await claimed.lease.end(result);
        write.onResult(resultOfAttempt[result.state]);
      }
    } finally {
      claiming.delete(claim.fingerprint);
      resolve(keyState);
    }
  }

  return {
    async once(write) {
      const claim = deriveClaim(write);
      const { deadline } = write;
      let keyState: KeyState = { state: "free" };
      while (keyState.state === "free" || (keyState.state === "in-flight" && performance.now() < deadline)) {
        const other = claiming.get(claim.fingerprint);
        if (other === undefined) return claimAndWrite(write, claim, keyState.state === "in-flight");
        keyState = (await waitAtMost(other, deadline - performance.now())) ?? { state: "in-flight" };
      }
      return replay(write, claim, keyState);
    },
  };
}

const firstPauseMs = 20;
const maxPauseMs = 200;
const pauseGrowth = 1.5;

/**
 * Claims a key, or waits until the request that has its lease has ended: `in-flight` means that it had not ended by the
 * deadline. An outage of the store is waited out only while the key is known to be in flight.
 * @param deadline by the clock of `performance.now()`.
 */
async function awaitClaim(
  store: IdempotencyStore,
  claim: Claim,
  wasInFlight: boolean,
  deadline: number,
): Promise<ClaimResult | { readonly state: "unavailable" }> {
  let isInFlight = wasInFlight;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * pauseGrowth, maxPauseMs)) {
    try {
      const claimed = await store.claim(claim, isInFlight);
      if (claimed.state !== "in-flight") return claimed;
      isInFlight = true;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (!isInFlight) return { state: "unavailable" };
    }
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) return { state: "in-flight" };
    await delay(Math.min(pauseMs, leftMs));
  }
}

function toStoredResult(response: unknown, tokenDigest: string): AttemptResult {
  const text = JSON.stringify(response);
  if (text.length > limits.idempotency.responseCharacters) return { state: "unknown", isDone: true };
  return { state: "done", response: text, tokenDigest };
}

/** A key is released only after a failure that certainly did nothing. After a bug nothing is certain. */
function toFailedResult(error: unknown): AttemptResult {
  const { write }: FailureRow = error instanceof RequestFailure ? failureTable[error.failure.kind] : failureTable.bug;
  return write === "not-done" ? { state: "free" } : { state: "unknown", isDone: write === "done" };
}

const resultOfAttempt = { done: "done", free: "not-done", unknown: "uncertain" } as const;

/** Responds to a request that did not write: with the stored response, or with the reason why there is none. */
async function replay<Response>(
  write: GuardedWrite<Response>,
  { tokenDigest, isOwnerCertain }: DerivedClaim,
  keyState: EndedKeyState,
): Promise<GuardedResponse<Response>> {
  const response = keyState.state === "done" ? (parseJson(keyState.response) as Response | undefined) : undefined;
  if (keyState.state !== "done" || response === undefined) {
    const [result, kind] = explainKeyState(keyState);
    write.onResult(result);
    throw new RequestFailure({ kind });
  }
  if (isOwnerCertain || keyState.tokenDigest === tokenDigest) {
    write.onResult("replayed");
    return { response, isReplayed: true };
  }
  try {
    await confirm(write, response);
    write.onResult("replayed");
  } catch (error) {
    write.onResult("replay-refused");
    throw error;
  }
  return { response, isReplayed: true };
}

/** Failures of a read that say that this token may not see the action. */
export const refusals: ReadonlySet<FailureKind> = new Set([
  "forbidden",
  "conflict",
  "input-rejected",
  "request-rejected",
  "response-ambiguous",
]);

/** Lets ContactSwing decide whether a token may see what another token of the same claimed subject has written. */
async function confirm<Response>({ readBack }: GuardedWrite<Response>, response: Response): Promise<void> {
  try {
    if (await readBack(response)) return;
  } catch (error) {
    if (!(error instanceof RequestFailure)) throw error;
    if (!refusals.has(error.failure.kind)) throw new RequestFailure({ ...error.failure, isBeforeReplay: true });
  }
  throw new RequestFailure({ kind: "outcome-unknown-after-success" });
}

function explainKeyState(keyState: EndedKeyState): [IdempotencyResult, FailureKind] {
  if (keyState.state === "other-input") return ["key-reused", "idempotency-key-reused"];
  if (keyState.state === "unavailable") return ["unavailable", "idempotency-unavailable"];
  // `done` here means that the stored response is damaged.
  const isDone = keyState.state === "done" || (keyState.state === "unknown" && keyState.isDone);
  return ["outcome-unknown", isDone ? "outcome-unknown-after-success" : "outcome-unknown"];
}
