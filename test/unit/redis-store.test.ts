import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { type Standing, StoreUnavailable } from "../../src/idempotency/idempotency-store.ts";
import type { Evaluate, RedisConnection } from "../../src/idempotency/redis-connection.ts";
import { claimScript, writeScript } from "../../src/idempotency/redis-scripts.ts";
import { createRedisStore } from "../../src/idempotency/redis-store.ts";
import { onTestEnd } from "../helpers/cleanup.ts";

const [ttlMs, longestCallMs, leaseMs] = [1_000_000, 20_000, 3000];
const keepStartedMs = "1023000";
const claim = { key: "k", fingerprint: "f" };
const attemptPattern = /^[0-9a-f-]{36}$/;

/** A store on a connection that the test answers for. Only real Redis can say what a script does: this looks at words. */
function start(answer: (script: string) => unknown = (script) => (script === claimScript ? ["claimed"] : 1)) {
  const written: (readonly string[])[] = [];
  const state = { isAvailable: true, isStopped: false, answer };
  let recover: (evaluate: Evaluate) => Promise<void> = async () => undefined;
  const evaluate: Evaluate = async (script, key, words) => {
    if (!state.isAvailable) throw new StoreUnavailable();
    written.push([script, key, ...words]);
    return state.answer(script);
  };
  const connection: RedisConnection = {
    get isAvailable() {
      return state.isAvailable;
    },
    evaluate,
    start: async (given) => {
      recover = given;
    },
    stop: async () => {
      state.isStopped = true;
    },
  };
  const store = createRedisStore({ connection, ttlMs, longestCallMs, leaseMs });
  /** What is written once there is a new connection. */
  const reconnect = async () => {
    state.isAvailable = true;
    written.length = 0;
    await recover(evaluate);
    return [...written];
  };
  return { store, state, written, reconnect };
}

function holdOf(standing: Standing) {
  if (standing.state !== "claimed") throw new Error(`the key is ${standing.state}`);
  return standing.hold;
}

const fails = () => {
  throw new StoreUnavailable();
};

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
});

afterEach(() => {
  jest.useRealTimers();
});

describe("a claim", () => {
  test.each([
    [false, "0"],
    [true, "1"],
  ])("says for how long it holds, and whether the key is known to be taken: %j", async (isKnownTaken, word) => {
    const { store, written } = start();

    await store.claim(claim, isKnownTaken);

    const attempt = expect.stringMatching(attemptPattern);
    const key = "contactswing-bff:idempotency:k";
    expect(written).toEqual([[claimScript, key, "f", attempt, "3000", keepStartedMs, word]]);
  });

  test.each([
    [["under-way"], { state: "under-way" }],
    [["other-input"], { state: "other-input" }],
    [["abandoned"], { state: "abandoned" }],
    [["created", "sealed"], { state: "created", sealedAnswer: "sealed" }],
    [["created"], { state: "created", sealedAnswer: "" }],
    [["unknown", "CREATED"], { state: "unknown", outcome: "CREATED" }],
    [["unknown", "UNKNOWN"], { state: "unknown", outcome: "UNKNOWN" }],
    [["unknown", "other"], { state: "unknown", outcome: "UNKNOWN" }],
    [["unheard-of"], { state: "abandoned" }],
  ])("that is answered by %j finds %j", async (reply, standing) => {
    const { store, reconnect } = start(() => reply);
    await store.start();

    expect(await store.claim(claim, false)).toEqual(standing);
    expect(await reconnect()).toEqual([]);
  });

  test("is not made while Redis is away, and leaves nothing to write", async () => {
    const { store, state, written, reconnect } = start();
    await store.start();
    state.isAvailable = false;
    expect(store.isAvailable).toBe(false);

    await expect(store.claim(claim, false)).rejects.toThrow(StoreUnavailable);

    expect(written).toEqual([]);
    expect(await reconnect()).toEqual([]);
    expect(store.isAvailable).toBe(true);
  });

  test("whose answer is lost is given back on the next connection, once", async () => {
    const { store, state, written, reconnect } = start(fails);
    await store.start();

    await expect(store.claim(claim, false)).rejects.toThrow(StoreUnavailable);
    const attempt = written[0]?.[3];
    state.answer = () => 1;

    expect(await reconnect()).toEqual([
      [writeScript, "contactswing-bff:idempotency:k", "f", attempt, "free", "-", "10000"],
    ]);
    expect(await reconnect()).toEqual([]);
  });
});

describe("a call under way", () => {
  test("is told of every third of a lease and on every new connection, as long as it is under way", async () => {
    const { store, state, written, reconnect } = start();
    await store.start();
    const hold = holdOf(await store.claim(claim, false));
    const attempt = written[0]?.[3];
    const started = [writeScript, "contactswing-bff:idempotency:k", "f", attempt, "started", "3000", keepStartedMs];

    written.length = 0;
    await jest.advanceTimersByTimeAsync(999);
    expect(written).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    expect(written).toEqual([started]);
    state.isAvailable = false;
    await jest.advanceTimersByTimeAsync(1000);
    expect(written).toEqual([started]);
    expect(await reconnect()).toEqual([started]);

    await hold.end({ state: "free" });
    written.length = 0;
    await jest.advanceTimersByTimeAsync(1000);
    expect(written).toEqual([]);
  });

  test.each([
    [{ state: "created", sealedAnswer: "sealed" }, ["created", "sealed", "1000000"]],
    [{ state: "unknown", outcome: "UNKNOWN" }, ["unknown", "UNKNOWN", "1000000"]],
    [{ state: "unknown", outcome: "CREATED" }, ["unknown", "CREATED", "1000000"]],
    [{ state: "free" }, ["free", "-", "10000"]],
  ] as const)("that ends is written down at once: %j", async (ending, words) => {
    const { store, written, reconnect } = start();
    await store.start();
    const hold = holdOf(await store.claim(claim, false));
    const attempt = written.pop()?.[3];

    await hold.end(ending);

    expect(written).toEqual([[writeScript, "contactswing-bff:idempotency:k", "f", attempt, ...words]]);
    expect(await reconnect()).toEqual([]);
  });

  test("is told of no more once the store has stopped", async () => {
    const { store } = start();
    await store.start();
    expect(jest.getTimerCount()).toBe(1);

    await store.stop();

    expect(jest.getTimerCount()).toBe(0);
  });

  test("that ends while Redis is away is written down on the next connection", async () => {
    const { store, state, reconnect } = start();
    await store.start();
    const hold = holdOf(await store.claim(claim, false));
    state.isAvailable = false;

    await hold.end({ state: "unknown", outcome: "UNKNOWN" });

    expect(await reconnect()).toMatchObject([{ 4: "unknown", 5: "UNKNOWN" }]);
    expect(await reconnect()).toEqual([]);
  });
});

describe("a store that stops", () => {
  beforeEach(() => {
    jest.useRealTimers();
  });

  async function startWithCall() {
    const started = start();
    await started.store.start();
    const hold = holdOf(await started.store.claim(claim, false));
    onTestEnd(() => started.store.stop());
    return { ...started, hold };
  }
  const isDone = (promise: Promise<unknown>) =>
    Promise.race([promise.then(() => true), new Promise((resolve) => setImmediate(resolve, false))]);

  test("waits until what is under way is written down", async () => {
    const { store, state, hold } = await startWithCall();

    const stopping = store.stop();
    expect(await isDone(stopping)).toBe(false);
    await hold.end({ state: "free" });
    await stopping;

    expect(state.isStopped).toBe(true);
  });

  test("waits for nothing when nothing is under way, or when Redis is away", async () => {
    const idle = start();
    await idle.store.start();
    expect(await isDone(idle.store.stop())).toBe(true);

    const { store, state } = await startWithCall();
    state.isAvailable = false;
    expect(await isDone(store.stop())).toBe(true);
  });

  test("waits a second at most", async () => {
    const { store } = await startWithCall();
    const startedAt = performance.now();

    await store.stop();

    expect(performance.now() - startedAt).toBeGreaterThan(990);
  });
});
