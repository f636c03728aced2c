import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "@jest/globals";
import { exportJWK } from "jose";
import { onTestEnd } from "./helpers/cleanup.ts";
import { onlyError, read } from "./helpers/graphql.ts";
import { claimsWith, createSigningKey, issuer, joinToken, keySetOf, signToken } from "./helpers/issuer.ts";
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

test("requests the keys for the first unknown key ID only, and asks the callers to retry after the cool-down", async () => {
  const { createWith, keyServer, upstream, lines } = await start();
  await createWith(await signToken(key));
  const withKeyId = (kid: string) => signToken(strangersKey, claimsWith(), { kid });

  const first = await createWith(await withKeyId("made-up-1"));
  const others = await Promise.all(["made-up-2", "made-up-3"].map(async (kid) => createWith(await withKeyId(kid))));
  const known = await createWith(await signToken(key));
  const forged = await createWith(await signToken(strangersKey));

  expect(onlyError(first).extensions).toMatchObject(unauthenticated);
  for (const other of others) {
    const { retryAfterSeconds, ...extensions } = onlyError(other).extensions;
    expect(extensions).toEqual({ ...authUnavailable, requestId: expect.any(String) });
    expect(retryAfterSeconds).toBeGreaterThan(20);
  }
  expect(known.body.errors).toBeUndefined();
  expect(onlyError(forged).extensions).toMatchObject(unauthenticated);
  expect(keyServer.received).toHaveLength(2);
  expect(upstream.received).toHaveLength(2);
  expect(lines().filter((line) => line["event.reason"] === "unknown key")).toHaveLength(2);
});

test("rejects a token whose algorithm does not fit its key ID, also during the cool-down", async () => {
  const { createWith, keyServer } = await start();
  const token = joinToken({ alg: "RS256", kid: key.kid }, claimsWith(), "AAAA");

  const responses = [await createWith(token), await createWith(token)];

  for (const response of responses) expect(onlyError(response).extensions).toMatchObject(unauthenticated);
  expect(keyServer.received).toHaveLength(2);
});

const hanging = () => new Promise<ScriptedResponse>(() => {});

test.each<[string, Respond, string]>([
  ["fails", () => ({ status: 500, body: "oops" }), "status 500"],
  ["redirects", () => ({ status: 302, headers: { location: "/keys" } }), "status 302"],
  ["responds with a page", () => ({ status: 200, body: "<html></html>" }), "not JSON"],
  ["responds with another document", () => ({ status: 200, body: { issuer } }), "ERR_JWKS_INVALID"],
  ["sends more than 256 KiB", () => ({ status: 200, body: "A".repeat(300_000) }), "too large"],
  ["does not respond within 5 seconds", hanging, "ERR_JWKS_TIMEOUT"],
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
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
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

test.each([
  ["is broken", { ...key.publicJwk, x: "AAAA" }],
  ["is private", { ...(await exportJWK(key.privateKey)), kid: "key-1" }],
])("returns AUTH_UNAVAILABLE when the key of a token %s", async (_case, jwk) => {
  const { createWith, upstream } = await start(() => ({ status: 200, body: { keys: [jwk] } }));

  const response = await createWith(await signToken(key));

  expect(onlyError(response).extensions).toMatchObject({ ...authUnavailable, retryAfterSeconds: 30 });
  expect(upstream.received).toEqual([]);
});

test("loads the keys from a file, and reads it again for an unknown key ID", async () => {
  const newKey = await createSigningKey("key-2");
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  onTestEnd(() => rm(folder, { recursive: true }));
  const file = join(folder, "keys.json");
  await writeFile(file, JSON.stringify(keySetOf(key)));
  const { createWith } = await startWith(pathToFileURL(file).href);

  const first = await createWith(await signToken(key));
  await writeFile(file, JSON.stringify(keySetOf(key, newKey)));
  const second = await createWith(await signToken(newKey));

  expect([first.body.errors, second.body.errors]).toEqual([undefined, undefined]);
});
