import { beforeAll, expect, jest, test } from "@jest/globals";
import { createKeySet, KeysUnavailable } from "../../src/auth/key-set.ts";
import { onTestEnd } from "../helpers/cleanup.ts";
import { createSigningKey, keySetOf, type SigningKey } from "../helpers/issuer.ts";
import { startUpstream } from "../helpers/upstream.ts";

let key: SigningKey;
let newKey: SigningKey;

beforeAll(async () => {
  key = await createSigningKey("key-1");
  newKey = await createSigningKey("key-2");
});

// What the key server responds with.
const old = () => ({ status: 200, body: keySetOf(key) });
const renewed = () => ({ status: 200, body: keySetOf(newKey) });
const both = () => ({ status: 200, body: keySetOf(key, newKey) });
const down = () => ({ status: 503 });

type Step = [seconds: number, respond: () => { status: number }, kid: string, result: string, loads: number];

const unknown = "no applicable key found in the JSON Web Key Set";
const unavailable = "KeysUnavailable";

// The times are documented in docs/token-verification.md.
test.each<[what: string, ...steps: Step[]]>([
  [
    "uses keys that cannot be refreshed until they are an hour old",
    [0, old, "key-1", "found", 1],
    [3599, down, "key-1", "found", 1],
    [3600, down, "key-1", unavailable, 2],
    [3601, renewed, "key-2", "found", 3],
  ],
  [
    "asks a key server that fails at most once a second",
    [0, down, "key-1", unavailable, 1],
    [0.999, down, "key-1", unavailable, 1],
    [1, down, "key-1", unavailable, 2],
  ],
  [
    "loads the keys for unknown key IDs once in 30 s",
    [0, old, "key-1", "found", 1],
    [29.999, both, "key-2", unknown, 1],
    [30, old, "key-2", unknown, 2],
    [59.999, both, "key-2", unknown, 2],
    [60, both, "key-2", "found", 3],
  ],
  [
    "loads the keys for unknown key IDs once in 30 s, also if that fails",
    [0, old, "key-1", "found", 1],
    [30, down, "key-2", unknown, 2],
    [59.999, down, "key-2", unknown, 2],
    [60, down, "key-2", unknown, 3],
    [60, down, "key-1", "found", 3],
  ],
])("%s", async (_what, ...steps) => {
  let respond = down as Step[1];
  const server = await startUpstream(() => respond());
  const { getKey } = createKeySet(new URL(server.url), () => undefined);
  const find = async (kid: string) =>
    Promise.resolve(getKey({ alg: "ES256", kid }, undefined as never)).then(
      () => "found",
      (error) => error.message || error.constructor.name,
    );
  fakeClock();

  for (const [seconds, response, kid, result, loads] of steps) {
    respond = response;
    jest.advanceTimersByTime(seconds * 1000 - Date.now());
    expect([seconds, await find(kid)]).toEqual([seconds, result]);
    expect([seconds, server.received.length]).toEqual([seconds, loads]);
  }
});

/** Replaces the clocks, and no timer. */
function fakeClock(): void {
  const timers = ["hrtime", "nextTick", "queueMicrotask", "setImmediate", "clearImmediate"] as const;
  const more = ["setInterval", "clearInterval", "setTimeout", "clearTimeout"] as const;
  jest.useFakeTimers({ now: 0, doNotFake: [...timers, ...more] });
  onTestEnd(async () => jest.useRealTimers());
}

test("keeps the keys loaded, soon after a failure", async () => {
  // The keys cannot be loaded, then they can, and then they cannot be refreshed.
  const responses = [down, old, down, both];
  const server = await startUpstream(() => responses.shift()?.() ?? both());
  const loads: (string | undefined)[] = [];
  const { keepLoaded } = createKeySet(new URL(server.url), (problem) => loads.push(problem));
  fakeClock();
  const stopped = new AbortController();
  const pausesMs: unknown[] = [];

  await keepLoaded(stopped.signal, async (pauseMs = 0) => {
    if (pausesMs.push(pauseMs) === 4) stopped.abort();
    jest.advanceTimersByTime(pauseMs);
    return undefined as never;
  });

  expect(loads).toEqual(["status 503", undefined, "status 503", undefined]);
  expect(pausesMs).toEqual([1000, 600_000, 30_000, 600_000]);
});

test.each([
  ["file:///canary/keys.json", "ENOENT"],
  ["http://127.0.0.1:65535/keys", "ECONNREFUSED"],
  ["canary:keys", "TypeError"],
])("reports for the URL %s: %s", async (url, problem) => {
  const loads: (string | undefined)[] = [];
  const { getKey } = createKeySet(new URL(url), (reported) => loads.push(reported));

  await expect(getKey({ alg: "ES256", kid: "k" }, undefined as never)).rejects.toThrow(KeysUnavailable);

  expect(loads).toStrictEqual([problem]);
});
