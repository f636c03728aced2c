import { expect, jest, test } from "@jest/globals";
import { type AttemptResult, type ClaimResult, StoreUnavailable } from "../../src/idempotency/idempotency-store.ts";
import type { Evaluate, RedisConnection } from "../../src/idempotency/redis-connection.ts";
import { claimScript, createRedisStore, writeScript } from "../../src/idempotency/redis-store.ts";
import { onTestEnd } from "../helpers/cleanup.ts";

// What is written, and when. What the scripts do with it is tested on a real Redis.

const [ttlMs, maxWriteMs, leaseMs] = [1_000_000, 20_000, 3000];
const keepStartedMs = "1023000";
const key = "contactswing-bff:idempotency:k";

/** A store whose connection the test plays. */
async function start() {
  const written: unknown[][] = [];
  const state = { isAvailable: true, isStopped: false, reply: (): unknown => ["claimed"] };
  let recover: (evaluate: Evaluate) => Promise<void> = async () => undefined;
  const connection: RedisConnection = {
    get isAvailable() {
      return state.isAvailable;
    },
    async evaluate(script, name, words) {
      if (!state.isAvailable) throw new StoreUnavailable();
      written.push([script, name, ...words]);
      return script === claimScript ? state.reply() : 1;
    },
    start: async (given) => {
      recover = given;
    },
    stop: async () => {
      state.isStopped = true;
    },
  };
  const store = createRedisStore({ connection, ttlMs, maxWriteMs, leaseMs });
  await store.start();
  onTestEnd(() => store.stop(0));
  /** What is written to a new connection. */
  const reconnect = async () => {
    state.isAvailable = true;
    written.length = 0;
    await recover(connection.evaluate);
    return [...written];
  };
  const claim = (isKnownHeld = false) => store.claim({ key: "k", fingerprint: "f" }, isKnownHeld);
  const takeLease = async () => {
    const claimed = await claim();
    if (claimed.state !== "claimed") throw new Error(`the key is ${claimed.state}`);
    return { ...claimed.lease, attempt: written[0]?.[3] };
  };
  return { store, state, written, reconnect, claim, takeLease };
}

test("a claim has its lease, its time to keep, and whether the key is known to be held", async () => {
  const { claim, written } = await start();

  await claim(false);
  await claim(true);

  const attempt = expect.stringMatching(/^[0-9a-f-]{36}$/);
  expect(written).toEqual(["0", "1"].map((word) => [claimScript, key, "f", attempt, "3000", keepStartedMs, word]));
});

test.each<[string[], ClaimResult]>([
  [["in-flight"], { state: "in-flight" }],
  [["other-input"], { state: "other-input" }],
  [["done", "digest.cmVzcG9uc2U"], { state: "done", tokenDigest: "digest", response: "response" }],
  [["unknown", "done"], { state: "unknown", isDone: true }],
  [["unknown", "unclear"], { state: "unknown", isDone: false }],
  [["state of a later release"], { state: "abandoned" }],
])("the reply %j means %j and leaves nothing to write", async (reply, standing) => {
  const { claim, state, reconnect } = await start();
  state.reply = () => reply;

  expect(await claim()).toEqual(standing);
  expect(await reconnect()).toEqual([]);
});

test("a claim whose reply was lost is released on the next connection, once", async () => {
  const { claim, state, written, reconnect } = await start();
  state.reply = () => {
    throw new StoreUnavailable();
  };

  await expect(claim()).rejects.toThrow(StoreUnavailable);

  const attempt = written[0]?.[3];
  expect(await reconnect()).toEqual([[writeScript, key, "f", attempt, "free", "-", "10000"]]);
  expect(await reconnect()).toEqual([]);
});

test("a key in flight is written every third of a lease and to every new connection", async () => {
  jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
  onTestEnd(async () => jest.useRealTimers());
  const { takeLease, state, written, reconnect } = await start();
  const { attempt, end } = await takeLease();
  const started = [writeScript, key, "f", attempt, "started", "3000", keepStartedMs];

  await jest.advanceTimersByTimeAsync(1000);
  expect(written.slice(1)).toEqual([started]);
  state.isAvailable = false;
  await jest.advanceTimersByTimeAsync(1000);
  expect(await reconnect()).toEqual([started]);

  await end({ state: "free" });
  written.length = 0;
  await jest.advanceTimersByTimeAsync(1000);
  expect(written).toEqual([]);
});

test.each<[AttemptResult, string[]]>([
  [{ state: "done", tokenDigest: "digest", response: "response" }, ["done", "digest.cmVzcG9uc2U", "1000000"]],
  [{ state: "unknown", isDone: true }, ["unknown", "done", "1000000"]],
  [{ state: "unknown", isDone: false }, ["unknown", "unclear", "1000000"]],
  [{ state: "free" }, ["free", "-", "10000"]],
])("the ending %j is written at once, or on the next connection if Redis is unavailable", async (ending, words) => {
  const { takeLease, state, written, reconnect } = await start();
  const { attempt, end } = await takeLease();
  await end(ending);
  expect(written[1]).toEqual([writeScript, key, "f", attempt, ...words]);
  expect(await reconnect()).toEqual([]);

  const later = await takeLease();
  state.isAvailable = false;
  await later.end(ending);
  expect(await reconnect()).toEqual([[writeScript, key, "f", later.attempt, ...words]]);
  expect(await reconnect()).toEqual([]);
});

test("stopping waits for keys in flight until the deadline, but not while Redis is unavailable", async () => {
  const isDone = (promise: Promise<unknown>) =>
    Promise.race([promise.then(() => true), new Promise((resolve) => setImmediate(resolve, false))]);
  const { store, state, takeLease } = await start();
  const { end } = await takeLease();

  const stopping = store.stop(performance.now() + 10_000);
  expect(await isDone(stopping)).toBe(false);
  await end({ state: "free" });
  await stopping;
  expect(state.isStopped).toBe(true);

  await takeLease();
  await store.stop(performance.now() + 50);
  state.isAvailable = false;
  expect(await isDone(store.stop(performance.now() + 10_000))).toBe(true);
});
