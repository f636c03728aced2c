import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "@jest/globals";
import { exportJWK } from "jose";
import { onTestEnd } from "./helpers/cleanup.ts";
import { onlyError, read } from "./helpers/graphql.ts";
import { claimsWith, issuer, joinToken, keySetOf, signToken } from "./helpers/issuer.ts";
import { scrape } from "./helpers/metrics.ts";
import { eventually } from "./helpers/process.ts";
import { hold, type Respond, type ScriptedResponse } from "./helpers/upstream.ts";
import { authUnavailable, key, start, startWith, strangersKey, unauthenticated } from "./helpers/verifying-service.ts";

test("loads the keys once for concurrent requests", async () => {
  const { respond, release } = hold(() => ({ status: 200, body: keySetOf(key) }));
  const { url, createWith, keyServer } = await start(respond);
  const token = await signToken(key);

  const requests = Array.from({ length: 20 }, () => createWith(token));
  await eventually(async () => (await scrape(url)).value("contactswing_bff_requests_in_flight") === 20);
  release();

  expect((await Promise.all(requests)).map(({ body }) => body.errors)).toEqual(Array(20).fill(undefined));
  expect(keyServer.received).toHaveLength(1);
});

test("rejects tokens with unknown key IDs, which cause at most one load in 30 s, and are no fault of the service", async () => {
  const { createWith, keyServer, upstream, lines } = await start();
  await createWith(await signToken(key));
  const withKeyId = (kid: string) => signToken(strangersKey, claimsWith(), { kid });

  const first = await createWith(await withKeyId("made-up-1"));
  const others = await Promise.all(["made-up-2", "made-up-3"].map(async (kid) => createWith(await withKeyId(kid))));
  const known = await createWith(await signToken(key));
  const forged = await createWith(await signToken(strangersKey));

  expect(onlyError(first).extensions).toMatchObject(unauthenticated);
  for (const other of others) expect(onlyError(other).extensions).toMatchObject(unauthenticated);
  expect(known.body.errors).toBeUndefined();
  expect(onlyError(forged).extensions).toMatchObject(unauthenticated);
  expect(keyServer.received).toHaveLength(1);
  expect(upstream.received).toHaveLength(2);
  expect(lines().filter((line) => line["event.reason"] === "ERR_JWKS_NO_MATCHING_KEY")).toHaveLength(3);
  expect(lines().filter((line) => line["log.level"] !== "info")).toEqual([]);
});

test("rejects a token whose algorithm does not fit its key ID, also during the cool-down", async () => {
  const { createWith, keyServer } = await start();
  const token = joinToken({ alg: "RS256", kid: key.kid }, claimsWith(), "AAAA");

  const responses = [await createWith(token), await createWith(token)];

  for (const response of responses) expect(onlyError(response).extensions).toMatchObject(unauthenticated);
  expect(keyServer.received).toHaveLength(1);
});

const hanging = () => new Promise<ScriptedResponse>(() => {});

test.each<[string, Respond, string]>([
  ["fails", () => ({ status: 500, body: "oops" }), "status 500"],
  ["redirects", () => ({ status: 302, headers: { location: "/keys" } }), "status 302"],
  ["responds with a page", () => ({ status: 200, body: "<html></html>" }), "not JSON"],
  ["responds with another document", () => ({ status: 200, body: { issuer } }), "ERR_JWKS_INVALID"],
  ["sends more than 256 KiB", () => ({ status: 200, body: "A".repeat(300_000) }), "too large"],
  ["does not respond within 5 seconds", hanging, "TimeoutError"],
])("returns AUTH_UNAVAILABLE when the key server %s", async (_case, respond, reason) => {
  const { createWith, keyServer, upstream, lines, logLines, url } = await start(respond);
  const token = await signToken(key);

  const failedCreate = await createWith(token);
  const failedRead = await read(url, "a", { authorization: `Bearer ${token}` });

  const { outcome: _outcome, ...ofRead } = authUnavailable;
  const facts = { requestId: expect.any(String), retryAfterSeconds: 1 };
  expect(onlyError(failedCreate).extensions).toEqual({ ...authUnavailable, ...facts });
  expect(onlyError(failedRead).extensions).toEqual({ ...ofRead, ...facts });
  expect(upstream.received).toEqual([]);
  expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  const line = lines().find(({ message }) => message.includes("token verification keys could not be loaded"));
  expect(line["event.reason"]).toBe(reason);
  expect(logLines.join("") + failedCreate.text).not.toContain(new URL(keyServer.url).port);
});

test("says once that the keys cannot be loaded, and once that they can be loaded again", async () => {
  let isBroken = true;
  const { createWith, keyServer, lines, url } = await start(() =>
    isBroken ? { status: 500 } : { status: 200, body: keySetOf(key) },
  );
  const token = await signToken(key);
  const isUp = async () => (await scrape(url)).value("contactswing_bff_dependency_up", { dependency: "key-server" });

  await eventually(async () => (await createWith(token)).body.errors !== undefined && keyServer.received.length >= 2);
  const whileBroken = await isUp();
  isBroken = false;
  await eventually(async () => (await createWith(token)).body.errors === undefined);

  expect([whileBroken, await isUp()]).toEqual([0, 1]);
  const messages = lines().map(({ message }) => message);
  expect(messages.filter((message) => message.startsWith("token verification keys"))).toEqual([
    "token verification keys could not be loaded",
    "token verification keys loaded again",
  ]);
});

test("is ready once the keys have been loaded, and only degraded when they cannot be loaded again", async () => {
  let isDown = true;
  const { url, createWith } = await start(() => (isDown ? { status: 500 } : { status: 200, body: keySetOf(key) }));
  const readiness = async () => {
    const response = await fetch(`${url}/health/ready`);
    return [response.status, await response.json()];
  };

  expect(await readiness()).toEqual([503, { status: "starting" }]);
  isDown = false;
  await eventually(async () => (await readiness())[0] === 200);

  expect(await readiness()).toEqual([200, { status: "ready" }]);
  expect((await createWith(await signToken(key))).body.errors).toBeUndefined();
});

test.each([
  ["is broken", { ...key.publicJwk, x: "AAAA" }],
  ["is private", { ...(await exportJWK(key.privateKey)), kid: "key-1" }],
])("rejects a token whose key %s, which is no fault of the service", async (_case, jwk) => {
  const { createWith, upstream, lines } = await start(() => ({ status: 200, body: { keys: [jwk] } }));

  const response = await createWith(await signToken(key));

  expect(onlyError(response).extensions).toMatchObject(unauthenticated);
  expect(lines()).toMatchObject([{ "log.level": "info", "event.reason": expect.any(String) }]);
  expect(upstream.received).toEqual([]);
});

test("loads the keys from a file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  onTestEnd(() => rm(folder, { recursive: true }));
  const file = join(folder, "keys.json");
  await writeFile(file, JSON.stringify(keySetOf(key)));
  const { createWith } = await startWith(pathToFileURL(file).href);

  expect((await createWith(await signToken(key))).body.errors).toBeUndefined();
});
