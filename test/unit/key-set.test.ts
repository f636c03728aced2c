import { beforeAll, expect, test } from "@jest/globals";
import { createKeySet } from "../../src/auth/key-set.ts";
import { createSigningKey, keySetOf, type SigningKey } from "../helpers/issuer.ts";
import { eventually } from "../helpers/process.ts";
import { type ScriptedResponse, startUpstream } from "../helpers/upstream.ts";

// As documented in docs/token-verification.md.
const refreshAfterMs = 600_000;
const maxAgeMs = 3_600_000;
const coolDownMs = 30_000;
const failurePauseMs = 1000;

let key: SigningKey;
let newKey: SigningKey;

beforeAll(async () => {
  key = await createSigningKey("key-1");
  newKey = await createSigningKey("key-2");
});

/** A key set in front of a scripted key server, with a clock that the test sets. */
async function start() {
  const state = { time: 0, response: { status: 200, body: keySetOf(key) } as ScriptedResponse };
  const loads: (string | undefined)[] = [];
  const server = await startUpstream(() => state.response);
  const { ensureLoaded, getKey } = createKeySet(
    new URL(server.url),
    () => state.time,
    (problem) => loads.push(problem),
  );
  const find = (kid: string) => getKey({ alg: "ES256", kid }, undefined as never);
  return { state, loads, server, ensureLoaded, find };
}

const down: ScriptedResponse = { status: 503 };
const notLoaded = { message: "keys not loaded", retryAfterSeconds: 1 };

test("uses the keys until they are 10 minutes old, and then refreshes them in the background", async () => {
  const { state, loads, server, ensureLoaded, find } = await start();
  await ensureLoaded();
  state.response = { status: 200, body: keySetOf(newKey) };
  state.time = refreshAfterMs - 1;
  await find("key-1");
  expect(server.received).toHaveLength(1);
  state.time = refreshAfterMs;

  await Promise.all([find("key-1"), find("key-1")]);

  await eventually(async () => loads.length >= 2);
  await find("key-2");
});

test("uses keys that cannot be refreshed until they are an hour old", async () => {
  const { state, loads, ensureLoaded, find } = await start();
  await ensureLoaded();
  state.response = down;

  state.time = maxAgeMs - failurePauseMs;
  await find("key-1");
  await eventually(async () => loads.includes("status 503"));
  state.time = maxAgeMs;
  await expect(find("key-1")).rejects.toMatchObject(notLoaded);

  state.response = { status: 200, body: keySetOf(newKey) };
  state.time = maxAgeMs + failurePauseMs;
  await find("key-2");
});

test("asks a key server that fails at most once a second", async () => {
  const { state, server, find } = await start();
  state.response = down;

  await expect(find("key-1")).rejects.toMatchObject(notLoaded);
  state.time = failurePauseMs - 1;
  await expect(find("key-1")).rejects.toMatchObject(notLoaded);
  expect(server.received).toHaveLength(1);
  state.time = failurePauseMs;
  await expect(find("key-1")).rejects.toMatchObject(notLoaded);
  expect(server.received).toHaveLength(2);
});

test("requests the keys again for an unknown key ID when the cool-down is over", async () => {
  const { state, server, find } = await start();
  await expect(find("key-2")).rejects.toThrow("no applicable key");
  expect(server.received).toHaveLength(2);

  state.response = { status: 200, body: keySetOf(key, newKey) };
  state.time = coolDownMs - 1500;
  await expect(find("key-2")).rejects.toMatchObject({ message: "unknown key", retryAfterSeconds: 2 });
  state.time = coolDownMs - 1;
  await expect(find("key-2")).rejects.toMatchObject({ message: "unknown key", retryAfterSeconds: 1 });
  expect(server.received).toHaveLength(2);
  state.time = coolDownMs;
  await find("key-2");
});

test("does not begin the cool-down with a failed load", async () => {
  const { state, ensureLoaded, find } = await start();
  await ensureLoaded();
  state.response = down;
  await expect(find("key-2")).rejects.toMatchObject(notLoaded);

  state.response = { status: 200, body: keySetOf(newKey) };
  state.time = failurePauseMs;

  await find("key-2");
});

test.each([
  ["file:///canary/keys.json", "ENOENT"],
  ["http://127.0.0.1:65535/keys", "ECONNREFUSED"],
  ["canary:keys", "TypeError"],
])("reports for the URL %s: %s", async (url, problem) => {
  const loads: (string | undefined)[] = [];
  const { ensureLoaded } = createKeySet(
    new URL(url),
    () => 0,
    (reported) => loads.push(reported),
  );

  await ensureLoaded().catch(() => undefined);

  expect(loads).toStrictEqual([problem]);
});
