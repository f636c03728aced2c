import { expect, test } from "@jest/globals";
import { BearerToken } from "../../src/auth/bearer-token.ts";
import { createCaller } from "../../src/auth/caller.ts";
import { type FailureKind, RequestFailure } from "../../src/failures/failure.ts";
import { openResponse, sealResponse } from "../../src/idempotency/claim.ts";
import { createIdempotencyGuard, type IdempotencyResult } from "../../src/idempotency/idempotency-guard.ts";
import { type ClaimResult, type IdempotencyStore, StoreUnavailable } from "../../src/idempotency/idempotency-store.ts";
import { createMemoryStore, maxMemoryStoreBytes } from "../../src/idempotency/memory-store.ts";

const caller = createCaller(BearerToken.parse("Bearer t") as BearerToken, undefined);
const memoryStore = () => createMemoryStore({ ttlMs: 60_000, maxBytes: maxMemoryStoreBytes });

function start({ store = memoryStore(), waitMs = 10_000 }: { store?: IdempotencyStore; waitMs?: number } = {}) {
  const results: IdempotencyResult[] = [];
  const guard = createIdempotencyGuard({ store, waitMs });
  const once = <Response>(create: () => Promise<Response>, idempotencyKey: string | null = "k") =>
    guard.once({ caller, idempotencyKey, input: {}, onResult: (result) => results.push(result) }, create);
  return { once, results };
}

const kindOf = (request: Promise<unknown>) =>
  request.then(
    () => "no failure",
    (error) => (error instanceof RequestFailure ? error.failure.kind : error.message),
  );
const mustNotRun = () => Promise.reject(new Error("must not be called"));
const failing = (kind: FailureKind) => () => Promise.reject(new RequestFailure({ kind }));

test("a request without a key asks no store", async () => {
  const { once, results } = start({ store: { ...memoryStore(), claim: mustNotRun } });

  expect(await once(async () => "one", null)).toEqual({ response: "one", isReplayed: false });
  expect(await kindOf(once(failing("conflict"), null))).toBe("conflict");
  expect(results).toEqual([]);
});

test.each<[ClaimResult, FailureKind, IdempotencyResult]>([
  [{ state: "abandoned" }, "outcome-unknown", "outcome-unknown"],
  [{ state: "created", sealedResponse: "damaged" }, "outcome-unknown-after-created", "outcome-unknown"],
  [{ state: "other-input" }, "idempotency-key-reused", "key-reused"],
])("a key that is %j fails with %s", async (standing, kind, result) => {
  const { once, results } = start({ store: { ...memoryStore(), claim: async () => standing } });

  expect(await kindOf(once(mustNotRun))).toBe(kind);
  expect(results).toEqual([result]);
});

test.each<[string, () => Promise<unknown>, string, IdempotencyResult]>([
  ["a failure that created nothing", failing("conflict"), "no failure", "not-created"],
  ["a failure with an unknown outcome", failing("server-error"), "outcome-unknown", "uncertain"],
  ["a failure after creation", failing("bad-response-after-created"), "outcome-unknown-after-created", "uncertain"],
  ["a bug", () => Promise.reject(new TypeError("a bug")), "outcome-unknown", "uncertain"],
  // Sealing 6,115 characters yields more than 8,192.
  ["a response that is too long to keep", async () => "x".repeat(6115), "outcome-unknown-after-created", "uncertain"],
  ["the longest response that is kept", async () => "x".repeat(6114), "no failure", "created"],
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
  expect(results).toEqual(["outcome-unknown", "created", "replayed"]);
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

test("a sealed response opens with its own key only", () => {
  const [key, otherKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  // The longest name that the rules allow.
  const response = { name: "🙂".repeat(255) };
  const sealed = sealResponse(response, key);

  expect(openResponse(sealed, key)).toEqual(response);
  for (const damaged of ["", "AAAA", sealed.slice(0, -4), `${sealed}AAAA`]) {
    expect(openResponse(damaged, key)).toBeUndefined();
  }
  expect(openResponse(sealed, otherKey)).toBeUndefined();
  expect(sealResponse(response, key)).not.toBe(sealed);
});
