import { expect, test } from "@jest/globals";
import type { ClaimResult } from "../../src/idempotency/idempotency-store.ts";
import { createMemoryStore } from "../../src/idempotency/memory-store.ts";

// With 500 bytes of bookkeeping.
const bytesPerKey = 1000;
const done = { state: "done", response: "s".repeat(500), tokenDigest: "d" } as const;

function start(maxKeys = 3) {
  let time = 1;
  const clock = { now: () => time };
  const store = createMemoryStore({ ttlMs: 1000, maxBytes: maxKeys * bytesPerKey, clock });
  const claim = (key: string, fingerprint = "f") => store.claim({ key, fingerprint }, false);
  return {
    claim,
    stateOf: async (key: string) => (await claim(key)).state,
    create: async (key: string) => readLease(await claim(key)).end(done),
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

function readLease(claimed: ClaimResult) {
  if (claimed.state !== "claimed") throw new Error(`the key is ${claimed.state}`);
  return claimed.lease;
}

test("forgets the oldest ended keys when it is full", async () => {
  const { create, stateOf } = start(3);
  for (const key of ["a", "b", "c", "d"]) await create(key);

  expect(await Promise.all(["d", "c", "b", "a"].map(stateOf))).toEqual(["done", "done", "done", "claimed"]);
});

test("the time to live starts when the request ends, and a replay does not extend it", async () => {
  const { claim, stateOf, pass } = start();
  const lease = readLease(await claim("a"));
  pass(5000);
  await lease.end(done);

  pass(1000);
  expect(await stateOf("a")).toBe("done");
  pass(1);
  expect(await stateOf("a")).toBe("claimed");
});

test("keeps a key in flight, however much time passes and however many keys follow", async () => {
  const { claim, create, stateOf, pass } = start(2);
  await claim("held");
  for (const key of ["a", "b", "c"]) await create(key);
  pass(1_000_000);
  await create("d");

  expect(await stateOf("held")).toBe("in-flight");
  expect((await claim("held", "another input")).state).toBe("other-input");
});
