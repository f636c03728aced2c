import { expect, test } from "@jest/globals";
import type { Standing } from "../../src/idempotency/idempotency-store.ts";
import { createMemoryStore } from "../../src/idempotency/memory-store.ts";

const created = { state: "created", sealedAnswer: "sealed" } as const;

function start(maxKeys = 3) {
  let time = 0;
  const store = createMemoryStore({ ttlMs: 1000, maxKeys, now: () => time });
  const claim = (key: string, fingerprint = "f") => store.claim({ key, fingerprint }, false);
  return {
    claim,
    stateOf: async (key: string) => (await claim(key)).state,
    remember: async (key: string) => holdOf(await claim(key)).end(created),
    pass: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

function holdOf(standing: Standing) {
  if (standing.state !== "claimed") throw new Error(`the key is ${standing.state}`);
  return standing.hold;
}

test("can always be asked", () => {
  expect(createMemoryStore({ ttlMs: 1, maxKeys: 1, now: () => 0 }).isAvailable).toBe(true);
});

test("gives a key back whose call created nothing, also for another input", async () => {
  const { claim } = start();
  const hold = holdOf(await claim("a"));

  await hold.end({ state: "free" });

  expect((await claim("a", "another input")).state).toBe("claimed");
});

test("forgets the oldest of more keys than it has room for", async () => {
  const { remember, stateOf } = start();
  for (const key of ["a", "b", "c", "d"]) await remember(key);

  expect([await stateOf("d"), await stateOf("c"), await stateOf("b")]).toEqual(["created", "created", "created"]);
  expect(await stateOf("a")).toBe("claimed");
});

test("forgets a key its time to live after its call has ended, not after it has begun", async () => {
  const { claim, stateOf, pass } = start();
  const hold = holdOf(await claim("a"));
  pass(5000);
  await hold.end(created);

  pass(999);
  expect(await stateOf("a")).toBe("created");
  pass(1);
  expect(await stateOf("a")).toBe("claimed");
});

test("does not let a replay lengthen a key's life", async () => {
  const { remember, stateOf, pass } = start();
  await remember("a");
  pass(600);
  await stateOf("a");
  pass(400);

  expect(await stateOf("a")).toBe("claimed");
});

test("keeps a key whose call is under way, however much time passes and however many keys follow", async () => {
  const { claim, remember, stateOf, pass } = start(2);
  await claim("held");
  for (const key of ["a", "b", "c"]) await remember(key);
  pass(1_000_000);
  await remember("d");

  expect(await stateOf("held")).toBe("under-way");
  expect((await claim("held", "another input")).state).toBe("other-input");
});
