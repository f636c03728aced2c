import type { Caller } from "../auth/caller.ts";
import { type FailureKind, RequestFailure } from "../failures/failure.ts";
import { waitAtMost } from "../wait-at-most.ts";
import { attempt } from "./attempt.ts";
import { awaitClaim } from "./await-claim.ts";
import { canonicalize, type DerivedClaim, deriveClaim } from "./derive-claim.ts";
import { type Ending, type IdempotencyStore, type Standing, StoreUnavailable } from "./idempotency-store.ts";
import { openResponse } from "./sealed-response.ts";

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

export interface IdempotencyGuard {
  /**
   * Runs `create` unless an earlier request of the same caller with the same key and input has done so, whose response
   * it returns then. Without a key it only runs `create`.
   * @throws RequestFailure of the idempotency kinds, and whatever `create` throws.
   */
  once<Response>(
    request: GuardedRequest,
    create: () => Promise<Response>,
  ): Promise<{ readonly response: Response; readonly isReplayed: boolean }>;
}

export interface IdempotencyGuardSettings {
  readonly store: IdempotencyStore;
  /** How long a request waits for the end of another one, at most. */
  readonly waitMs: number;
}

/** What a request tells the requests of the same process that wait for it. */
type News = Exclude<Standing, { readonly state: "claimed" }> | Ending | { readonly state: "unavailable" };

const resultOfEnding = { created: "created", free: "not-created", unknown: "uncertain" } satisfies Record<
  Ending["state"],
  IdempotencyResult
>;

/** Makes retried create requests safe, on top of a store of keys. `docs/idempotency.md` has the states and guarantees. */
export function createIdempotencyGuard({ store, waitMs }: IdempotencyGuardSettings): IdempotencyGuard {
  // Requests of this process with the same caller, key, and input wait for each other here: one of them at a time asks
  // the store and, if the key is free, ContactSwing.
  const leaders = new Map<string, Promise<News>>();

  function conclude<Response>(
    news: Exclude<News, { state: "free" }>,
    { sealKey }: DerivedClaim,
    onResult: GuardedRequest["onResult"],
  ) {
    const fail = (result: IdempotencyResult, kind: FailureKind) => {
      onResult(result);
      return new RequestFailure({ kind });
    };
    if (news.state === "other-input") throw fail("key-reused", "idempotency-key-reused");
    if (news.state === "unavailable") throw fail("unavailable", "idempotency-unavailable");
    if (news.state !== "created") {
      const isCreated = news.state === "unknown" && news.outcome === "CREATED";
      throw fail("outcome-unknown", isCreated ? "outcome-unknown-after-created" : "outcome-unknown");
    }
    const response = openResponse(news.sealedResponse, sealKey);
    if (response === undefined) throw fail("outcome-unknown", "outcome-unknown-after-created");
    onResult("replayed");
    return { response: response as Response, isReplayed: true };
  }

  /** Asks the store on behalf of all requests that wait here, and tells them the result. */
  async function lead<Response>(
    claim: DerivedClaim,
    onResult: GuardedRequest["onResult"],
    create: () => Promise<Response>,
    deadline: number,
    isKnownHeld: boolean,
  ) {
    const { promise, resolve } = Promise.withResolvers<News>();
    leaders.set(claim.fingerprint, promise);
    let news: News = { state: "abandoned" };
    try {
      const standing = await awaitClaim(store, claim, deadline, isKnownHeld);
      if (standing.state !== "claimed") {
        news = standing;
        return conclude<Response>(news, claim, onResult);
      }
      const { ending, conclude: concludeAttempt } = await attempt(create, claim.sealKey);
      news = ending;
      await standing.hold.end(ending);
      onResult(resultOfEnding[ending.state]);
      return { response: concludeAttempt(), isReplayed: false };
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      news = { state: "unavailable" };
      return conclude<Response>(news, claim, onResult);
    } finally {
      leaders.delete(claim.fingerprint);
      resolve(news);
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
      let isKnownHeld = false;
      for (;;) {
        const leader = leaders.get(claim.fingerprint);
        if (leader === undefined) return lead(claim, onResult, create, deadline, isKnownHeld);
        const news: News = (await waitAtMost(leader, deadline - performance.now())) ?? { state: "in-flight" };
        isKnownHeld = news.state === "in-flight";
        const isTimeUp = isKnownHeld && performance.now() >= deadline;
        if (news.state !== "free" && (!isKnownHeld || isTimeUp)) return conclude<Response>(news, claim, onResult);
      }
    },
  };
}
