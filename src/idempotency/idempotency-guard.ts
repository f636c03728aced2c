import type { Caller } from "../contactswing/client.ts";
import { CallFailure, type FailureKind } from "../failures/failure.ts";
import { attempt } from "./attempt.ts";
import { awaitClaim } from "./await-claim.ts";
import { type DerivedClaim, deriveClaim } from "./derive-claim.ts";
import { type Ending, type IdempotencyStore, type Standing, StoreUnavailable } from "./idempotency-store.ts";
import { openAnswer } from "./sealed-answer.ts";
import { within } from "./within.ts";

/**
 * What became of a call that had a key. `created`, `not-created` and `uncertain` sent a create; the others did not.
 * `uncertain`: it may exist, or exists without an answer that can be given again. `outcome-unknown`: an earlier call ended so.
 */
export type IdempotencyResult =
  | "created"
  | "not-created"
  | "uncertain"
  | "replayed"
  | "outcome-unknown"
  | "key-reused"
  | "unavailable";

export interface GuardedCall {
  readonly caller: Caller;
  readonly idempotencyKey: string | null | undefined;
  /** What is to be created, in a normal form: the same input is always written the same way. */
  readonly input: object;
}

export interface IdempotencyGuard {
  /**
   * Runs `create` unless an earlier call of the same caller with the same key and input has done so, whose answer it
   * returns then. Without a key it just runs it.
   * @throws CallFailure of the idempotency kinds, and whatever `create` throws.
   */
  once<Answer>(
    call: GuardedCall,
    create: () => Promise<Answer>,
  ): Promise<{ readonly answer: Answer; readonly isReplayed: boolean }>;
}

export interface IdempotencyGuardDependencies {
  readonly store: IdempotencyStore;
  /** How long a call waits for another one's end, at most. */
  readonly waitMs: number;
  readonly onResult?: (result: IdempotencyResult, caller: Caller) => void;
}

/** What a call leaves for those of the same process that wait for it. */
type News = Exclude<Standing, { readonly state: "claimed" }> | Ending | { readonly state: "unavailable" };

const resultOf = { created: "created", free: "not-created", unknown: "uncertain" } satisfies Record<
  Ending["state"],
  IdempotencyResult
>;

/** Makes retried creates safe, on top of a store of keys. `docs/idempotency.md` has the states and guarantees. */
export function createIdempotencyGuard({ store, waitMs, onResult }: IdempotencyGuardDependencies): IdempotencyGuard {
  // Calls of this process with the same caller, key and input wait for each other here: one of them at a time deals
  // with the store and, when the key is free, with ContactSwing.
  const flights = new Map<string, Promise<News>>();

  function conclude<Answer>(news: Exclude<News, { state: "free" }>, { sealKey }: DerivedClaim, caller: Caller) {
    const fail = (result: IdempotencyResult, kind: FailureKind) => {
      onResult?.(result, caller);
      return new CallFailure({ kind });
    };
    if (news.state === "other-input") throw fail("key-reused", "idempotency-key-reused");
    if (news.state === "unavailable") throw fail("unavailable", "idempotency-unavailable");
    if (news.state !== "created") {
      const isCreated = news.state === "unknown" && news.outcome === "CREATED";
      throw fail("outcome-unknown", isCreated ? "outcome-unknown-after-created" : "outcome-unknown");
    }
    const answer = openAnswer(news.sealedAnswer, sealKey);
    if (answer === undefined) throw fail("outcome-unknown", "outcome-unknown-after-created");
    onResult?.("replayed", caller);
    return { answer: answer as Answer, isReplayed: true };
  }

  /** Deals with the store on behalf of all calls that wait here, and tells them how that ended. */
  async function lead<Answer>(
    claim: DerivedClaim,
    caller: Caller,
    create: () => Promise<Answer>,
    deadline: number,
    isKnownTaken: boolean,
  ) {
    const { promise, resolve } = Promise.withResolvers<News>();
    flights.set(claim.fingerprint, promise);
    let news: News = { state: "abandoned" };
    try {
      const standing = await awaitClaim(store, claim, deadline, isKnownTaken);
      if (standing.state !== "claimed") {
        news = standing;
        return conclude<Answer>(news, claim, caller);
      }
      const { ending, conclude: concludeAttempt } = await attempt(create, claim.sealKey);
      news = ending;
      await standing.hold.end(ending);
      onResult?.(resultOf[ending.state], caller);
      return { answer: concludeAttempt(), isReplayed: false };
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      news = { state: "unavailable" };
      return conclude<Answer>(news, claim, caller);
    } finally {
      flights.delete(claim.fingerprint);
      resolve(news);
    }
  }

  return {
    async once<Answer>({ caller, idempotencyKey, input }: GuardedCall, create: () => Promise<Answer>) {
      if (idempotencyKey === undefined || idempotencyKey === null) return { answer: await create(), isReplayed: false };
      const claim = deriveClaim(caller, idempotencyKey, input);
      const deadline = performance.now() + waitMs;
      let isKnownTaken = false;
      for (;;) {
        const flight = flights.get(claim.fingerprint);
        if (flight === undefined) return lead(claim, caller, create, deadline, isKnownTaken);
        const news: News = (await within(flight, deadline - performance.now())) ?? { state: "under-way" };
        isKnownTaken = news.state === "under-way";
        const isOver = isKnownTaken && performance.now() >= deadline;
        if (news.state !== "free" && (!isKnownTaken || isOver)) return conclude<Answer>(news, claim, caller);
      }
    },
  };
}
