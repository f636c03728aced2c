import { expect, test } from "@jest/globals";
import { BearerToken } from "../../src/auth/bearer-token.ts";
import type { Caller } from "../../src/contactswing/client.ts";
import { CallFailure, type FailureKind } from "../../src/failures/failure.ts";
import { createIdempotencyGuard, type IdempotencyResult } from "../../src/idempotency/idempotency-guard.ts";
import { type IdempotencyStore, type Standing, StoreUnavailable } from "../../src/idempotency/idempotency-store.ts";
import { createMemoryStore } from "../../src/idempotency/memory-store.ts";
import { openAnswer, sealAnswer } from "../../src/idempotency/sealed-answer.ts";

function callerWith(token: string, verifiedSubject?: string): Caller {
  const parsed = BearerToken.parse(`Bearer ${token}`);
  if (parsed === undefined) throw new Error("not a token");
  const caller = { token: parsed, requestId: "r", traceparent: undefined };
  return verifiedSubject === undefined ? caller : { ...caller, verifiedSubject };
}

const caller = callerWith("t");
const memoryStore = () => createMemoryStore({ ttlMs: 1000, maxKeys: 10, now: () => 0 });

function start({ store = memoryStore(), waitMs = 10_000 }: { store?: IdempotencyStore; waitMs?: number } = {}) {
  const results: IdempotencyResult[] = [];
  const guard = createIdempotencyGuard({ store, waitMs, onResult: (result) => results.push(result) });
  const once = <Answer>(create: () => Promise<Answer>, given: { caller?: Caller; key?: string; input?: object } = {}) =>
    guard.once(
      { caller: given.caller ?? caller, idempotencyKey: given.key ?? "k", input: given.input ?? { name: "n" } },
      create,
    );
  return { once, results };
}

const kindOf = (call: Promise<unknown>) =>
  call.then(
    () => "no failure",
    (error) => (error instanceof CallFailure ? error.failure.kind : error.message),
  );
const never = () => Promise.reject(new Error("must not be called"));

const failing = (kind: FailureKind) => () => Promise.reject(new CallFailure({ kind }));

test.each([undefined, null])("runs a call with the key %j as often as it comes, and asks no store", async (key) => {
  const store: IdempotencyStore = { ...memoryStore(), claim: never };
  const results: IdempotencyResult[] = [];
  const guard = createIdempotencyGuard({ store, waitMs: 1000, onResult: (result) => results.push(result) });
  const call = { caller, idempotencyKey: key, input: {} };

  expect(await guard.once(call, async () => "one")).toEqual({ answer: "one", isReplayed: false });
  expect(await guard.once(call, async () => "two")).toEqual({ answer: "two", isReplayed: false });
  expect(await kindOf(guard.once(call, failing("conflict")))).toBe("conflict");
  expect(results).toEqual([]);
});

test("works without anyone to tell of its results", async () => {
  const guard = createIdempotencyGuard({ store: memoryStore(), waitMs: 1000 });
  const call = { caller, idempotencyKey: "k", input: {} };

  expect((await guard.once(call, async () => "answer")).isReplayed).toBe(false);
  expect((await guard.once(call, never)).isReplayed).toBe(true);
  expect(await kindOf(guard.once({ ...call, input: { name: "m" } }, never))).toBe("idempotency-key-reused");
});

test("gives a key back when its call created nothing", async () => {
  const { once, results } = start();

  expect(await kindOf(once(failing("conflict")))).toBe("conflict");
  expect(await once(async () => "answer")).toEqual({ answer: "answer", isReplayed: false });
  expect(results).toEqual(["not-created", "created"]);
});

test.each([
  ["server-error", "outcome-unknown"],
  ["bad-response-after-created", "outcome-unknown-after-created"],
] as const)("says after %s what is known of the action: %s", async (kind, later) => {
  const { once, results } = start();

  expect(await kindOf(once(failing(kind)))).toBe(kind);
  expect(await kindOf(once(never))).toBe(later);
  expect(results).toEqual(["uncertain", "outcome-unknown"]);
});

test("refuses a key with another input, while its call is under way and afterwards", async () => {
  const { once, results } = start();
  const gate = Promise.withResolvers<string>();
  const first = once(() => gate.promise);

  expect(await kindOf(once(never, { input: { name: "m" } }))).toBe("idempotency-key-reused");
  gate.resolve("answer");
  await first;
  expect(await kindOf(once(never, { input: { name: "m" } }))).toBe("idempotency-key-reused");
  expect(results).toEqual(["key-reused", "created", "key-reused"]);
});

test("lets one of those that wait try again when the first created nothing, and the others wait on", async () => {
  const { once, results } = start();
  const gates = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  let creates = 0;
  const create = () => {
    creates += 1;
    return gates[creates - 1]?.promise ?? never();
  };
  const calls = Array.from({ length: 3 }, () => once(create));
  const failed = kindOf(calls[0] as Promise<unknown>);

  gates[0]?.reject(new CallFailure({ kind: "conflict" }));
  expect(await failed).toBe("conflict");
  gates[1]?.resolve("answer");

  const answers = await Promise.all(calls.slice(1));
  expect(answers.map(({ isReplayed }) => isReplayed).sort()).toEqual([false, true]);
  expect(creates).toBe(2);
  expect(results).toEqual(["not-created", "created", "replayed"]);
});

test("asks the store again for every call: a key that it has forgotten is free", async () => {
  let time = 0;
  const { once } = start({ store: createMemoryStore({ ttlMs: 1000, maxKeys: 10, now: () => time }) });
  await once(async () => "old");
  time = 1000;

  expect(await once(async () => "new")).toEqual({ answer: "new", isReplayed: false });
});

test.each<[Standing, FailureKind, IdempotencyResult]>([
  [{ state: "abandoned" }, "outcome-unknown", "outcome-unknown"],
  [{ state: "unknown", outcome: "UNKNOWN" }, "outcome-unknown", "outcome-unknown"],
  [{ state: "unknown", outcome: "CREATED" }, "outcome-unknown-after-created", "outcome-unknown"],
  [{ state: "created", sealedAnswer: "damaged" }, "outcome-unknown-after-created", "outcome-unknown"],
  [{ state: "other-input" }, "idempotency-key-reused", "key-reused"],
])("of a key that is found %j says %s", async (standing, kind, result) => {
  const { once, results } = start({ store: { ...memoryStore(), claim: async () => standing } });

  expect(await kindOf(once(never))).toBe(kind);
  expect(results).toEqual([result]);
});

test("tells those that wait that nobody knows when a bug ends the call that they wait for", async () => {
  const claimed = Promise.withResolvers<never>();
  const { once } = start({ store: { ...memoryStore(), claim: () => claimed.promise } });
  const calls = [kindOf(once(never)), kindOf(once(never))];

  claimed.reject(new Error("a bug"));

  expect(await Promise.all(calls)).toEqual(["a bug", "outcome-unknown"]);
});

test("lets one that came later wait on for another process when the time of the one before it is over", async () => {
  const remote = memoryStore();
  const gate = Promise.withResolvers<string>();
  const first = start({ store: remote }).once(() => gate.promise);
  const asked = Promise.withResolvers<void>();
  const claims: boolean[] = [];
  const store: IdempotencyStore = {
    ...remote,
    claim(claim, isKnownTaken) {
      claims.push(isKnownTaken);
      if (claims.length === 3) asked.resolve();
      return remote.claim(claim, isKnownTaken);
    },
  };
  const { once, results } = start({ store, waitMs: 400 });

  const early = kindOf(once(never));
  await Promise.race([asked.promise, early]);
  const late = once(never);
  const startedAt = performance.now();
  expect(await early).toBe("outcome-unknown");
  const waitedMs = performance.now() - startedAt;
  // The pauses between questions grow.
  expect(claims.length).toBeLessThan(15);
  gate.resolve("answer");

  expect(await late).toEqual({ answer: "answer", isReplayed: true });
  expect(waitedMs).toBeLessThan(1000);
  expect(await first).toEqual({ answer: "answer", isReplayed: false });
  expect(results).toEqual(["outcome-unknown", "replayed"]);
  // Only the very first question comes from one who has not seen the key taken.
  expect(claims.indexOf(true)).toBe(1);
  expect(claims.lastIndexOf(false)).toBe(0);
});

test("pins a key when a bug is thrown in its call, since nobody knows how far it came", async () => {
  const { once, results } = start();
  const bug = new TypeError("a bug");

  await expect(once(() => Promise.reject(bug))).rejects.toBe(bug);

  expect(await kindOf(once(never))).toBe("outcome-unknown");
  expect(results).toEqual(["uncertain", "outcome-unknown"]);
});

test("tells one whose time to wait is over that nobody knows, and lets later ones have the answer", async () => {
  const { once, results } = start({ waitMs: 20 });
  const gate = Promise.withResolvers<string>();
  const first = once(() => gate.promise);

  const startedAt = performance.now();
  expect(await kindOf(once(never))).toBe("outcome-unknown");
  expect(performance.now() - startedAt).toBeLessThan(1000);
  gate.resolve("answer");

  expect(await first).toEqual({ answer: "answer", isReplayed: false });
  expect(await once(never)).toEqual({ answer: "answer", isReplayed: true });
  expect(results).toEqual(["outcome-unknown", "created", "replayed"]);
});

test("gives a verified subject its keys back with another token, and another subject none", async () => {
  const { once } = start();
  const [alice, bob] = ['["issuer","alice"]', '["issuer","bob"]'];
  await once(async () => "for alice", { caller: callerWith("old", alice) });

  expect(await once(never, { caller: callerWith("new", alice) })).toEqual({ answer: "for alice", isReplayed: true });
  const others = [callerWith("old", bob), callerWith("old"), callerWith("alice")];
  for (const other of others) expect((await once(async () => "own", { caller: other })).isReplayed).toBe(false);
});

test("waits on for a call under way when the store goes away meanwhile, and gets its answer when it is back", async () => {
  const remote = memoryStore();
  const gate = Promise.withResolvers<string>();
  const elsewhere = start({ store: remote });
  const first = elsewhere.once(() => gate.promise);
  let claims = 0;
  const unsteady: IdempotencyStore = {
    ...remote,
    async claim(claim, isKnownTaken) {
      claims += 1;
      if (claims === 2) throw new StoreUnavailable();
      if (claims === 3) gate.resolve("answer");
      return remote.claim(claim, isKnownTaken);
    },
  };
  const here = start({ store: unsteady });

  expect(await here.once(never)).toEqual({ answer: "answer", isReplayed: true });
  expect(await first).toEqual({ answer: "answer", isReplayed: false });
});

test("refuses every waiting caller at once when the store is away from the start", async () => {
  let claims = 0;
  const store: IdempotencyStore = {
    ...memoryStore(),
    async claim() {
      claims += 1;
      throw new StoreUnavailable();
    },
  };
  const { once, results } = start({ store });

  const kinds = await Promise.all(Array.from({ length: 5 }, () => kindOf(once(never))));

  expect(kinds).toEqual(Array(5).fill("idempotency-unavailable"));
  expect(results).toEqual(Array(5).fill("unavailable"));
  expect(claims).toBe(1);
});

test("does not keep an answer that is too long to be one, and says later that the action exists", async () => {
  const { once } = start();
  const answer = { actionId: "a", name: "x".repeat(10_000), ctxId: null };

  expect(await once(async () => answer)).toEqual({ answer, isReplayed: false });

  expect(await kindOf(once(never))).toBe("outcome-unknown-after-created");
});

test("keeps a sealed answer of 8,192 characters, and none that is longer", async () => {
  const [longest, tooLong] = ["x".repeat(6114), "x".repeat(6115)];
  const { once } = start();
  await once(async () => longest, { key: "longest" });
  await once(async () => tooLong, { key: "too long" });

  expect((await once(never, { key: "longest" })).answer).toBe(longest);
  expect(await kindOf(once(never, { key: "too long" }))).toBe("outcome-unknown-after-created");
});

test("keeps the longest answer that the longest name makes", async () => {
  const { once } = start();
  const answer = { actionId: "a".repeat(36), name: "🙂".repeat(255), ctxId: "c".repeat(255) };
  await once(async () => answer);

  expect(await once(never)).toEqual({ answer, isReplayed: true });
});

test("opens a sealed answer with its own key only", () => {
  const [key, otherKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const sealed = sealAnswer({ name: "canary Größe 🙂" }, key);

  expect(openAnswer(sealed, key)).toEqual({ name: "canary Größe 🙂" });
  expect(openAnswer(sealed, otherKey)).toBeUndefined();
  for (const damaged of ["", "AAAA", sealed.slice(0, -4), `${sealed}AAAA`]) {
    expect(openAnswer(damaged, key)).toBeUndefined();
  }
  expect(sealAnswer({ name: "canary Größe 🙂" }, key)).not.toBe(sealed);
});
