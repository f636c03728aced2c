import { beforeAll, expect, test } from "@jest/globals";
import { createKeySet } from "../../src/auth/key-set.ts";
import { createSigningKey, keySetOf, type SigningKey } from "../helpers/issuer.ts";
import { eventually } from "../helpers/process.ts";
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

// The times are documented in docs/token-verification.md.
test.each<[what: string, ...steps: Step[]]>([
  [
    "uses the keys until they are 10 minutes old, and then refreshes them in the background",
    [0, old, "key-1", "found", 1],
    [599.999, renewed, "key-1", "found", 1],
    [600, renewed, "key-1", "found", 2],
    [600, renewed, "key-2", "found", 2],
  ],
  [
    "uses keys that cannot be refreshed until they are an hour old",
    [0, old, "key-1", "found", 1],
    [3599, down, "key-1", "found", 2],
    [3600, down, "key-1", "keys not loaded, retry after 1 s", 3],
    [3601, renewed, "key-2", "found", 4],
  ],
  [
    "asks a key server that fails at most once a second",
    [0, down, "key-1", "keys not loaded, retry after 1 s", 1],
    [0.999, down, "key-1", "keys not loaded, retry after 1 s", 1],
    [1, down, "key-1", "keys not loaded, retry after 1 s", 2],
  ],
  [
    "requests the keys again for an unknown key ID when the cool-down is over",
    [0, old, "key-2", "no applicable key found in the JSON Web Key Set", 2],
    [28.5, both, "key-2", "unknown key, retry after 2 s", 2],
    [29.999, both, "key-2", "unknown key, retry after 1 s", 2],
    [30, both, "key-2", "found", 3],
  ],
  [
    "does not begin the cool-down with a failed load",
    [0, old, "key-1", "found", 1],
    [0, down, "key-2", "keys not loaded, retry after 1 s", 2],
    [1, renewed, "key-2", "found", 3],
  ],
])("%s", async (_what, ...steps) => {
  let [now, respond] = [0, down as Step[1]];
  let loaded = 0;
  const server = await startUpstream(() => respond());
  const { getKey } = createKeySet(
    new URL(server.url),
    () => now,
    () => {
      loaded += 1;
    },
  );
  const find = async (kid: string) =>
    Promise.resolve(getKey({ alg: "ES256", kid }, undefined as never)).then(
      () => "found",
      ({ message, retryAfterSeconds: seconds }) => (seconds ? `${message}, retry after ${seconds} s` : message),
    );

  for (const [seconds, response, kid, result, loads] of steps) {
    [now, respond] = [seconds * 1000, response];
    expect([seconds, await find(kid)]).toEqual([seconds, result]);
    await eventually(() => loaded >= loads, `${loads} loads after ${seconds} s`);
    expect([seconds, server.received.length]).toEqual([seconds, loads]);
  }
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
