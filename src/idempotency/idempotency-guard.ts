import { setTimeout as delay } from "node:timers/promises";
import type { Caller } from "../auth/caller.ts";
import { type FailureKind, RequestFailure } from "../failures/failure.ts";
import { failureTable } from "../failures/failure-table.ts";
import { waitAtMost } from "../wait-at-most.ts";
import { canonicalize, type DerivedClaim, deriveClaim, openResponse, sealResponse } from "./claim.ts";
import {
  type AttemptResult,
  type Claim,
  type ClaimResult,
  type IdempotencyStore,
  type StoredResult,
  StoreUnavailable,
} from "./idempotency-store.ts";

/**
 * How a request with a key was handled. `created`, `not-created`, and `uncertain` (the action may exist, or exists without
 * a response that can be replayed) sent a create request; the others did not.
 */
export const idempotencyResults = [
  "created",
  "not-created",
  "uncertain",
  "replayed",
  "outcome-unknown",
  "key-reused",
  "unavailable",
] as const;
export type IdempotencyResult = (typeof idempotencyResults)[number];

export interface GuardedRequest {
  readonly caller: Caller;
  readonly idempotencyKey: string | null | undefined;
  /** What is to be created, as the caller gave it, apart from the key. */
  readonly input: object;
  /** The input's defaults: a field that has its default counts as absent. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** Called once for a request with a key. */
  readonly onResult: (result: IdempotencyResult) => void;
}

export interface GuardedResponse<Response> {
  readonly response: Response;
  readonly isReplayed: boolean;
}

export interface IdempotencyGuard {
  /**
   * Runs `create` unless an earlier request of the same caller with the same key and input has done so, whose response
   * it returns then. Without a key it only runs `create`.
   * @throws RequestFailure of the idempotency kinds, and whatever `create` throws.
   */
  once<Response>(request: GuardedRequest, create: () => Promise<Response>): Promise<GuardedResponse<Response>>;
}

export interface IdempotencyGuardSettings {
  readonly store: IdempotencyStore;
  /** How long a request waits for the end of another one, at most. */
  readonly waitMs: number;
}

/** What a request finds out about its key, and tells the requests that wait for it. */
type KeyState = Exclude<ClaimResult, { readonly state: "claimed" }> | AttemptResult | { readonly state: "unavailable" };

/** Makes retried create requests safe, on top of a store of keys. `docs/idempotency.md` has the states and guarantees. */
export function createIdempotencyGuard({ store, waitMs }: IdempotencyGuardSettings): IdempotencyGuard {
  // By fingerprint: of the requests of this process with the same caller, key, and input, one at a time claims the key,
  // and the others wait for what it finds out.
  const claiming = new Map<string, Promise<KeyState>>();

  /** Claims the key, runs `create` if it was free, and tells the requests that wait for this one. */
  async function claimAndCreate<Response>(
    claim: DerivedClaim,
    wasInFlight: boolean,
    deadline: number,
    onResult: GuardedRequest["onResult"],
    create: () => Promise<Response>,
  ): Promise<GuardedResponse<Response>> {
    const { promise, resolve } = Promise.withResolvers<KeyState>();
    claiming.set(claim.fingerprint, promise);
    // After a bug in the store, this is all that is known.
    let keyState: KeyState = { state: "abandoned" };
    try {
      const claimed = await awaitClaim(store, claim, wasInFlight, deadline);
      if (claimed.state !== "claimed") {
        keyState = claimed;
        return replay(claimed, claim.sealKey, onResult);
      }
      let result: AttemptResult = { state: "unknown", outcome: "UNKNOWN" };
      try {
        const response = await create();
        result = toStoredResult(response, claim.sealKey);
        return { response, isReplayed: false };
      } catch (error) {
        result = toFailedResult(error);
        throw error;
      } finally {
        keyState = result;
        await claimed.lease.end(result);
        onResult(resultOfAttempt[result.state]);
      }
    } finally {
      claiming.delete(claim.fingerprint);
      resolve(keyState);
    }
  }

  return {
    async once<Response>(request: GuardedRequest, create: () => Promise<Response>) {
      const { caller, idempotencyKey, input, defaults, onResult } = request;
      if (idempotencyKey === undefined || idempotencyKey === null) {
        return { response: await create(), isReplayed: false };
      }
      const claim = deriveClaim(caller, idempotencyKey, canonicalize(input, defaults));
      const deadline = performance.now() + waitMs;
      let keyState: KeyState = { state: "free" };
      while (keyState.state === "free" || (keyState.state === "in-flight" && performance.now() < deadline)) {
        const other = claiming.get(claim.fingerprint);
        if (other === undefined) {
          return claimAndCreate(claim, keyState.state === "in-flight", deadline, onResult, create);
        }
        keyState = (await waitAtMost(other, deadline - performance.now())) ?? { state: "in-flight" };
      }
      return replay<Response>(keyState, claim.sealKey, onResult);
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

// Limits what one key can take. ContactSwing's responses have a few hundred characters, an action's name included.
const maxSealedCharacters = 8192;

function toStoredResult(response: unknown, sealKey: Buffer): StoredResult {
  const sealedResponse = sealResponse(response, sealKey);
  if (sealedResponse.length > maxSealedCharacters) return { state: "unknown", outcome: "CREATED" };
  return { state: "created", sealedResponse };
}

/** A key is released only after a failure that certainly created nothing. After a bug nothing is certain. */
function toFailedResult(error: unknown): AttemptResult {
  const { outcome } = error instanceof RequestFailure ? failureTable[error.failure.kind] : failureTable.bug;
  return outcome === "NOT_CREATED" ? { state: "free" } : { state: "unknown", outcome };
}

const resultOfAttempt = { created: "created", free: "not-created", unknown: "uncertain" } as const;

/** Responds to a request that did not create: with the stored response, or with the reason why there is none. */
function replay<Response>(
  keyState: Exclude<KeyState, { readonly state: "free" }>,
  sealKey: Buffer,
  onResult: GuardedRequest["onResult"],
): GuardedResponse<Response> {
  const response = keyState.state === "created" ? openResponse(keyState.sealedResponse, sealKey) : undefined;
  if (response !== undefined) {
    onResult("replayed");
    return { response: response as Response, isReplayed: true };
  }
  const [result, kind] = explain(keyState);
  onResult(result);
  throw new RequestFailure({ kind });
}

function explain(keyState: Exclude<KeyState, { readonly state: "free" }>): [IdempotencyResult, FailureKind] {
  if (keyState.state === "other-input") return ["key-reused", "idempotency-key-reused"];
  if (keyState.state === "unavailable") return ["unavailable", "idempotency-unavailable"];
  // `created` here means that the stored response is damaged.
  const isCreated = keyState.state === "created" || (keyState.state === "unknown" && keyState.outcome === "CREATED");
  return ["outcome-unknown", isCreated ? "outcome-unknown-after-created" : "outcome-unknown"];
}
