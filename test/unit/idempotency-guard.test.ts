import { expect, test } from "@jest/globals";
import { BearerToken } from "../../src/auth/bearer-token.ts";
import { createCaller } from "../../src/auth/caller.ts";
import { type FailureKind, RequestFailure } from "../../src/failures/failure.ts";
import {
  createIdempotencyGuard,
  type GuardedWrite,
  type IdempotencyResult,
} from "../../src/idempotency/idempotency-guard.ts";
import { type ClaimResult, type IdempotencyStore, StoreUnavailable } from "../../src/idempotency/idempotency-store.ts";
import { createMemoryStore } from "../../src/idempotency/memory-store.ts";

const caller = createCaller(BearerToken.parse("Bearer t") as BearerToken);
const memoryStore = () => createMemoryStore({ ttlMs: 60_000, maxBytes: 1024 * 1024 });

function start({ store = memoryStore(), waitMs = 10_000 }: { store?: IdempotencyStore; waitMs?: number } = {}) {
  const results: IdempotencyResult[] = [];
  const guard = createIdempotencyGuard(store);
  const once = <Response>(run: () => Promise<Response>, more: Partial<GuardedWrite<Response>> = {}) =>
    guard.once({
      caller,
      operation: "create",
      idempotencyKey: "k",
      input: {},
      deadline: performance.now() + waitMs,
      run,
      readBack: mustNotRun,
      onResult: (result) => results.push(result),
      ...more,
    });
  return { once, results };
}

const kindOf = (request: Promise<unknown>) =>
  request.then(
    () => "no failure",
    (error) => (error instanceof RequestFailure ? error.failure.kind : error.message),
  );
const mustNotRun = () => Promise.reject(new Error("must not be called"));
const failing = (kind: FailureKind) => () => Promise.reject(new RequestFailure({ kind }));

test.each<[ClaimResult, FailureKind, IdempotencyResult]>([
  [{ state: "abandoned" }, "outcome-unknown", "outcome-unknown"],
  [{ state: "done", tokenDigest: "d", response: "{" }, "outcome-unknown-after-success", "outcome-unknown"],
  [{ state: "unknown", isDone: true }, "outcome-unknown-after-success", "outcome-unknown"],
  [{ state: "unknown", isDone: false }, "outcome-unknown", "outcome-unknown"],
  [{ state: "other-input" }, "idempotency-key-reused", "key-reused"],
])("a key that is %j fails with %s", async (standing, kind, result) => {
  const { once, results } = start({ store: { ...memoryStore(), claim: async () => standing } });

  expect(await kindOf(once(mustNotRun))).toBe(kind);
  expect(results).toEqual([result]);
});

test.each<[string, () => Promise<unknown>, string, IdempotencyResult]>([
  ["a failure that created nothing", failing("conflict"), "no failure", "not-done"],
  ["a failure with an unknown outcome", failing("server-error"), "outcome-unknown", "uncertain"],
  ["a failure after creation", failing("bad-response-after-success"), "outcome-unknown-after-success", "uncertain"],
  ["a bug", () => Promise.reject(new TypeError("a bug")), "outcome-unknown", "uncertain"],
  // Two quotation marks are part of the stored text.
  ["a response that is too long to keep", async () => "x".repeat(8191), "outcome-unknown-after-success", "uncertain"],
  ["the longest response that is kept", async () => "x".repeat(8190), "no failure", "done"],
])("after %s, the next request with the key has its meaning", async (_what, create, next, result) => {
  const { once, results } = start();
  await kindOf(once(create));

  expect(await kindOf(once(async () => "again"))).toBe(next);
  expect(results[0]).toBe(result);
});

test("a bug in the store fails its own request, and requests that wait for it learn that nothing is known", async () => {
  const claimed = Promise.withResolvers<never>();
  const { once } = start({ store: { ...memoryStore(), claim: () => claimed.promise } });
  const kinds = [kindOf(once(mustNotRun)), kindOf(once(mustNotRun))];

  claimed.reject(new Error("a bug"));

  expect(await Promise.all(kinds)).toEqual(["a bug", "outcome-unknown"]);
});

test("a request that has waited long enough fails, and later ones get the response", async () => {
  const { once, results } = start({ waitMs: 20 });
  const gate = Promise.withResolvers<string>();
  const first = once(() => gate.promise);

  expect(await kindOf(once(mustNotRun))).toBe("outcome-unknown");
  gate.resolve("response");

  expect(await first).toEqual({ response: "response", isReplayed: false });
  expect(await once(mustNotRun)).toEqual({ response: "response", isReplayed: true });
  expect(results).toEqual(["outcome-unknown", "done", "replayed"]);
});

/** Another process whose request is in flight, and what this process asks the store that they share. */
function startBesideOther(onClaim: (number: number) => void = () => undefined) {
  const shared = memoryStore();
  const gate = Promise.withResolvers<string>();
  const first = start({ store: shared }).once(() => gate.promise);
  const claims: boolean[] = [];
  const store: IdempotencyStore = {
    ...shared,
    async claim(claim, isKnownHeld) {
      claims.push(isKnownHeld);
      onClaim(claims.length);
      return shared.claim(claim, isKnownHeld);
    },
  };
  return { store, gate, first, claims };
}

test("requests that wait for another process take turns asking the store, ever less often", async () => {
  const asked = Promise.withResolvers<void>();
  const { store, gate, first, claims } = startBesideOther((number) => number === 3 && asked.resolve());
  const { once, results } = start({ store, waitMs: 400 });

  const early = kindOf(once(mustNotRun));
  await asked.promise;
  const late = once(mustNotRun);
  expect(await early).toBe("outcome-unknown");
  expect(claims.length).toBeLessThan(15);
  gate.resolve("response");

  expect(await late).toEqual({ response: "response", isReplayed: true });
  expect(await first).toEqual({ response: "response", isReplayed: false });
  expect(results).toEqual(["outcome-unknown", "replayed"]);
  // Only the very first claim is made without knowing that the key is held.
  expect(claims.map((isKnownHeld, index) => isKnownHeld === index > 0)).not.toContain(false);
});

test("a request that waits for another process outlasts an outage of the store", async () => {
  const { store, gate, first } = startBesideOther((number) => {
    if (number === 2) throw new StoreUnavailable();
    if (number === 3) gate.resolve("response");
  });

  expect(await start({ store }).once(mustNotRun)).toEqual({ response: "response", isReplayed: true });
  expect(await first).toEqual({ response: "response", isReplayed: false });
});

test("while the store is unavailable, one claim fails all requests that wait for it", async () => {
  let claims = 0;
  const claim = async () => {
    claims += 1;
    throw new StoreUnavailable();
  };
  const { once, results } = start({ store: { ...memoryStore(), claim } });

  const kinds = await Promise.all(Array.from({ length: 5 }, () => kindOf(once(mustNotRun))));

  expect(kinds).toEqual(Array(5).fill("idempotency-unavailable"));
  expect(results).toEqual(Array(5).fill("unavailable"));
  expect(claims).toBe(1);
});

test("a request whose deadline passes while it waits fails, and the key stays valid", async () => {
  const { once } = start();
  const gate = Promise.withResolvers<string>();
  const first = once(() => gate.promise);

  expect(await kindOf(once(mustNotRun, { deadline: performance.now() + 20 }))).toBe("outcome-unknown");
  gate.resolve("response");

  expect(await first).toEqual({ response: "response", isReplayed: false });
});

const tokenOf = (subject: string, signature: string) => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return createCaller(
    BearerToken.parse(`Bearer ${encode({ alg: "HS256" })}.${encode({ sub: subject })}.${signature}`) as BearerToken,
  );
};

test.each<[string, () => Promise<boolean>, string, IdempotencyResult]>([
  ["is found", async () => true, "no failure", "replayed"],
  ["is not found", async () => false, "outcome-unknown-after-success", "replay-refused"],
  ["is forbidden", failing("forbidden"), "outcome-unknown-after-success", "replay-refused"],
  ["is rejected with the token", failing("token-rejected"), "token-rejected", "replay-refused"],
  ["fails for now", failing("rate-limited"), "rate-limited", "replay-refused"],
])("another token of a claimed subject gets the response if the action %s", async (_case, readBack, kind, result) => {
  const { once, results } = start();
  await once(async () => "one", { caller: tokenOf("s", "first") });

  expect(await kindOf(once(mustNotRun, { caller: tokenOf("s", "second"), readBack }))).toBe(kind);
  expect(results).toEqual(["done", result]);
});

test("a failure of that read says that it precedes a replay", async () => {
  const { once } = start();
  await once(async () => "one", { caller: tokenOf("s", "first") });

  const refreshed = once(mustNotRun, { caller: tokenOf("s", "second"), readBack: failing("server-error") });

  await expect(refreshed).rejects.toMatchObject({ failure: { kind: "server-error", isBeforeReplay: true } });
});

test("the token that has created the action needs no such read, nor does a request that waits for it", async () => {
  const { once, results } = start();
  const gate = Promise.withResolvers<string>();
  const first = once(() => gate.promise, { caller: tokenOf("s", "first") });
  const second = once(mustNotRun, { caller: tokenOf("s", "first") });
  gate.resolve("one");

  expect(await first).toEqual({ response: "one", isReplayed: false });
  expect(await second).toEqual({ response: "one", isReplayed: true });
  expect(results).toEqual(["done", "replayed"]);
});
