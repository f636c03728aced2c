import { expect, test } from "@jest/globals";
import { BearerToken } from "../../src/auth/bearer-token.ts";
import type { Caller } from "../../src/contactswing/client.ts";
import { CallFailure } from "../../src/failures/failure.ts";
import { createIdempotencyGuard, type IdempotencyResult } from "../../src/idempotency/idempotency-guard.ts";
import { type IdempotencyStore, StoreUnavailable } from "../../src/idempotency/idempotency-store.ts";
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

  expect(await kindOf(once(never))).toBe("outcome-unknown");
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
