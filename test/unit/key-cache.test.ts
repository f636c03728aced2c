import { expect, test } from "@jest/globals";
import { createKeyCache, KeysUnavailable } from "../../src/auth/key-cache.ts";

// What docs/token-verification.md promises.
const refreshAfterMs = 600_000;
const longestUseMs = 3_600_000;
const unknownKeyCoolDownMs = 30_000;
const failurePauseMs = 1000;

/** A cache over a source that hands out versions, with a clock that the test turns. */
function createCache() {
  const state = { time: 0, loads: 0, version: "a", problem: undefined as Error | undefined, changes: [] as unknown[] };
  const cache = createKeyCache({
    load: async () => {
      state.loads += 1;
      if (state.problem) throw state.problem;
      return { version: state.version };
    },
    now: () => state.time,
    onChange: (problem) => state.changes.push(problem),
  });
  return { cache, state };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("loads once and hands out the same keys until they are old", async () => {
  const { cache, state } = createCache();

  const first = await cache.current();
  state.time = refreshAfterMs - 1;

  expect(await cache.current()).toBe(first);
  expect(state.loads).toBe(1);
  expect(state.changes).toStrictEqual([]);
});

test("refreshes old keys in the background, without letting anyone wait", async () => {
  const { cache, state } = createCache();
  await cache.current();
  state.version = "b";
  state.time = refreshAfterMs;

  const during = await Promise.all([cache.current(), cache.current()]);
  await settled();

  expect(during).toEqual([{ version: "a" }, { version: "a" }]);
  expect(await cache.current()).toEqual({ version: "b" });
  expect(state.loads).toBe(2);
});

test("goes on with old keys while they cannot be refreshed, but not for ever", async () => {
  const { cache, state } = createCache();
  await cache.current();
  state.problem = new Error("down");

  state.time = longestUseMs - 1;
  expect(await cache.current()).toEqual({ version: "a" });
  await settled();

  state.time = longestUseMs + failurePauseMs;
  await expect(cache.current()).rejects.toThrow(KeysUnavailable);
});

test("does not hand out keys that are an hour old, but waits for others", async () => {
  const { cache, state } = createCache();
  await cache.current();
  state.version = "b";
  state.time = longestUseMs;

  expect(await cache.current()).toEqual({ version: "b" });
});

test("loads keys for one who has keys of another source", async () => {
  const { cache } = createCache();

  expect(await cache.newerThan({ version: "z" })).toEqual({ version: "a" });
});

test("asks a source that fails at most once a second, and tells of the failure and of its end once", async () => {
  const { cache, state } = createCache();
  const problem = new Error("down");
  state.problem = problem;

  await expect(cache.current()).rejects.toThrow(KeysUnavailable);
  expect(state.changes).toStrictEqual([problem]);
  state.time = failurePauseMs - 1;
  await expect(cache.current()).rejects.toThrow(KeysUnavailable);
  expect(state.loads).toBe(1);
  state.time = failurePauseMs;
  await expect(cache.current()).rejects.toThrow(KeysUnavailable);
  expect(state.loads).toBe(2);

  state.problem = undefined;
  state.time = 2 * failurePauseMs;
  expect(await cache.current()).toEqual({ version: "a" });
  // Not toEqual, to which an undefined at the end of a list is none.
  expect(state.changes).toStrictEqual([problem, undefined]);

  state.problem = problem;
  state.time += longestUseMs;
  await expect(cache.current()).rejects.toThrow(KeysUnavailable);
  expect(state.changes).toStrictEqual([problem, undefined, problem]);
});

test("loads again for an unknown key, and then not until the cool-down is over", async () => {
  const { cache, state } = createCache();
  const known = await cache.current();

  const [one, two] = await Promise.all([cache.newerThan(known), cache.newerThan(known)]);
  expect(one).toBe(two);
  expect(state.loads).toBe(2);

  const latest = await cache.current();
  state.time = unknownKeyCoolDownMs - 1;
  expect(await cache.newerThan(latest)).toBeUndefined();
  state.time = unknownKeyCoolDownMs;
  expect(await cache.newerThan(latest)).toEqual({ version: "a" });
  expect(state.loads).toBe(3);
});

test("hands out newer keys that others have loaded in the meantime", async () => {
  const { cache, state } = createCache();
  const old = await cache.current();
  await cache.newerThan(old);

  expect(await cache.newerThan(old)).toBe(await cache.current());
  expect(state.loads).toBe(2);
});

test("does not count a failed load as an answer about an unknown key", async () => {
  const { cache, state } = createCache();
  const known = await cache.current();
  state.problem = new Error("down");

  await expect(cache.newerThan(known)).rejects.toThrow(KeysUnavailable);
  await expect(cache.newerThan(known)).rejects.toThrow(KeysUnavailable);
  state.problem = undefined;
  state.time = failurePauseMs;

  expect(await cache.newerThan(known)).toEqual({ version: "a" });
});
