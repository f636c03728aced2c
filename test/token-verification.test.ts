import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, jest, test } from "@jest/globals";
import { CompactSign, exportJWK, exportSPKI } from "jose";
import { failureTable } from "../src/failures/failure-table.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { create, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import {
  audience,
  claimsWith,
  createSigningKey,
  issuer,
  joinToken,
  keySetOf,
  nowSeconds,
  type SigningKey,
  signToken,
} from "./helpers/issuer.ts";
import { scrape } from "./helpers/metrics.ts";
import { eventually, startProcess } from "./helpers/process.ts";
import { startService } from "./helpers/service.ts";
import { type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

let key: SigningKey;
let strangersKey: SigningKey;

beforeAll(async () => {
  key = await createSigningKey("key-1");
  strangersKey = await createSigningKey("key-1");
});

/** The service in front of a ContactSwing that counts its requests. */
async function startWith(jwksUrl: string, settings: Record<string, string> = {}) {
  const upstream = await startUpstream();
  const service = await startService({ CONTACTSWING_URL: upstream.url, JWKS_URL: jwksUrl, ...settings });
  const createWith = (token: string) => create(service.url, minimalInput, { authorization: `Bearer ${token}` });
  return { ...service, upstream, createWith };
}

type Respond = () => ScriptedResponse | Promise<ScriptedResponse>;
const respondWithKey: Respond = () => ({ status: 200, body: keySetOf(key) });

/** The same, and a key server with scripted responses. */
async function start(respond: Respond = respondWithKey) {
  const keyServer = await startUpstream(() => respond());
  const settings = { JWT_ISSUER: issuer, JWT_AUDIENCE: audience };
  return { keyServer, ...(await startWith(`${keyServer.url}/keys`, settings)) };
}

const unauthenticated = { code: "UNAUTHENTICATED", outcome: "NOT_CREATED", retryable: false };
const authUnavailable = { code: "AUTH_UNAVAILABLE", outcome: "NOT_CREATED", retryable: true };

test.each(["RS256", "PS256", "ES384", "EdDSA"])(
  "accepts a token signed with %s and forwards it unchanged",
  async (algorithm) => {
    const signingKey = await createSigningKey("k", algorithm);
    const { createWith, upstream } = await start(() => ({ status: 200, body: keySetOf(key, signingKey) }));
    const token = await signToken(signingKey);

    const response = await createWith(token);

    expect(response.body.errors).toBeUndefined();
    expect(upstream.received[0]?.headers.authorization).toBe(`Bearer ${token}`);
  },
);

/** An HS256 token whose secret is the public key, which everyone knows. */
function signWithPublicKey(secret: string): string {
  const unsigned = joinToken({ alg: "HS256", kid: key.kid }, claimsWith()).slice(0, -1);
  return `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
}

const attacks: [string, () => string | Promise<string>][] = [
  ["is signed by a stranger under a known key ID", () => signToken(strangersKey)],
  [
    "was changed after it was signed",
    async () => {
      const [header, , signature] = (await signToken(key)).split(".");
      const claims = Buffer.from(JSON.stringify(claimsWith({ sub: "admin" }))).toString("base64url");
      return `${header}.${claims}.${signature}`;
    },
  ],
  ['has the algorithm "none"', () => joinToken({ alg: "none", kid: key.kid }, claimsWith())],
  ["has no algorithm", () => joinToken({ kid: key.kid }, claimsWith(), "AAAA")],
  ["is HS256 with the public key as secret", async () => signWithPublicKey(await exportSPKI(key.publicKey))],
  ["is from another issuer", () => signToken(key, claimsWith({ iss: "https://other.example" }))],
  ["has no issuer", () => signToken(key, claimsWith({ iss: undefined }))],
  ["is for another audience", () => signToken(key, claimsWith({ aud: ["other", `${audience}-2`] }))],
  ["has no audience", () => signToken(key, claimsWith({ aud: undefined }))],
  ["expired longer ago than the tolerance", () => signToken(key, claimsWith({ exp: nowSeconds() - 31 }))],
  ["never expires", () => signToken(key, claimsWith({ exp: undefined }))],
  ["is not valid yet", () => signToken(key, claimsWith({ nbf: nowSeconds() + 60 }))],
  ["has an unknown key ID", () => signToken(strangersKey, claimsWith(), { kid: "key-2" })],
  ["has a key ID that is not a string", () => signToken(strangersKey, claimsWith(), { kid: 1 })],
  ["brings its own key", () => signToken(strangersKey, claimsWith(), { jwk: strangersKey.publicJwk })],
  [
    "has claims that are a list",
    () =>
      new CompactSign(Buffer.from("[]")).setProtectedHeader({ alg: key.algorithm, kid: key.kid }).sign(key.privateKey),
  ],
  ["is not a JSON Web Token", () => "opaque-token"],
  ["has five parts, as an encrypted one", () => "a.b.c.d.e"],
];

test.each(attacks)("rejects a token that %s, without an upstream request", async (_case, forge) => {
  const { createWith, upstream, logLines } = await start();
  const token = await forge();

  const response = await createWith(token);

  expect(onlyError(response).extensions).toMatchObject(unauthenticated);
  expect(onlyError(response).message).toBe(failureTable["token-invalid"].message);
  expect(upstream.received).toEqual([]);
  expect(logLines.join("") + response.text).not.toContain(token.slice(0, 30));
});

test.each(["jku", "x5u"])("does not fetch the URL in a token's %s header", async (parameter) => {
  const strangersServer = await startUpstream(() => ({ status: 200, body: keySetOf(strangersKey) }));
  const { createWith } = await start();

  for (const kid of ["key-1", "key-2"]) {
    const token = await signToken(strangersKey, claimsWith(), { kid, [parameter]: strangersServer.url });
    expect(onlyError(await createWith(token)).extensions.code).toBe("UNAUTHENTICATED");
  }
  expect(strangersServer.received).toEqual([]);
});

test.each([
  ["expired within the tolerance", () => claimsWith({ exp: nowSeconds() - 20 })],
  ["becomes valid within the tolerance", () => claimsWith({ nbf: nowSeconds() + 20 })],
  ["has the audience among others", () => claimsWith({ aud: ["other", audience] })],
  ["has no subject", () => claimsWith({ sub: undefined })],
])("accepts a token that %s", async (_case, claims) => {
  const { createWith } = await start();

  expect((await createWith(await signToken(key, claims()))).body.errors).toBeUndefined();
});

test("checks only signature and expiry when neither issuer nor audience is configured", async () => {
  const keyServer = await startUpstream(respondWithKey);
  const { createWith } = await startWith(keyServer.url);
  const claims = { exp: nowSeconds() + 60 };

  const accepted = await createWith(await signToken(key, claims));
  const forged = await createWith(await signToken(strangersKey, claims));

  expect(accepted.body.errors).toBeUndefined();
  expect(onlyError(forged).extensions).toMatchObject(unauthenticated);
});

test("tries every key of the set when the token has no key ID", async () => {
  const other = await createSigningKey("key-2");
  const unnamed = (signingKey: SigningKey) => ({ ...signingKey.publicJwk, kid: undefined });
  const { createWith } = await start(() => ({ status: 200, body: { keys: [unnamed(other), unnamed(key)] } }));

  const good = await createWith(await signToken(key, claimsWith(), { kid: undefined }));
  const forged = await createWith(await signToken(strangersKey, claimsWith(), { kid: undefined }));

  expect(good.body.errors).toBeUndefined();
  expect(onlyError(forged).extensions).toMatchObject(unauthenticated);
});

test("verifies the token once per request, before reads and references, and logs why it was rejected", async () => {
  const { url, upstream, logLines } = await start();
  const headers = { authorization: `Bearer ${await signToken(key, claimsWith({ aud: "other" }))}` };
  const reference = '_entities(representations: [{ __typename: "DataExtractionAction", id: "a" }]) { __typename }';

  for (const fields of ['a: dataExtractionAction(id: "a") { id } b: dataExtractionAction(id: "b") { id }', reference]) {
    const { body } = await send(url, { query: `{ ${fields} }` }, headers);
    const rejected = { code: "UNAUTHENTICATED", requestId: expect.any(String), retryable: false };
    for (const { extensions } of body.errors ?? []) expect(extensions).toEqual(rejected);
    expect(body.errors).not.toHaveLength(0);
  }
  const open = await send(url, { query: "{ _service { sdl } }" }, headers);

  expect(open.body.errors).toBeUndefined();
  expect(upstream.received).toEqual([]);
  const reasons = logLines.map((line) => JSON.parse(line)["event.reason"]).filter(Boolean);
  expect(reasons).toEqual(Array(2).fill("ERR_JWT_CLAIM_VALIDATION_FAILED aud"));
});

test("loads the keys once for concurrent requests", async () => {
  const gate = Promise.withResolvers<void>();
  const { url, createWith, keyServer } = await start(async () => {
    await gate.promise;
    return respondWithKey();
  });
  const token = await signToken(key);

  const requests = Array.from({ length: 20 }, () => createWith(token));
  await eventually(async () => (await scrape(url)).value("contactswing_bff_requests_in_flight") === 20);
  gate.resolve();

  expect((await Promise.all(requests)).map(({ body }) => body.errors)).toEqual(Array(20).fill(undefined));
  expect(keyServer.received).toHaveLength(1);
});

test("requests the keys for the first unknown key ID only, and asks the callers to retry after the cool-down", async () => {
  const { createWith, keyServer, upstream, logLines } = await start();
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
  expect(logLines.filter((line) => line.includes('"event.reason":"unknown key"'))).toHaveLength(2);
});

test("rejects a token whose algorithm does not fit its key ID, also during the cool-down", async () => {
  const { createWith, keyServer } = await start();
  const token = joinToken({ alg: "RS256", kid: key.kid }, claimsWith(), "AAAA");

  const responses = [await createWith(token), await createWith(token)];

  for (const response of responses) expect(onlyError(response).extensions).toMatchObject(unauthenticated);
  expect(keyServer.received).toHaveLength(2);
});

const bigKeySet = () => ({ keys: [{ ...key.publicJwk, x5c: ["A".repeat(300_000)] }] });

const unavailable = { ...authUnavailable, retryAfterSeconds: 1 };

test.each<[string, Respond, string]>([
  ["fails", () => ({ status: 500, body: "oops" }), "status 500"],
  ["redirects", () => ({ status: 302, headers: { location: "/keys" } }), "status 302"],
  ["responds with a page", () => ({ status: 200, body: "<html></html>" }), "not JSON"],
  ["responds with another document", () => ({ status: 200, body: { issuer } }), "ERR_JWKS_INVALID"],
  ["sends more than 256 KiB", () => ({ status: 200, body: bigKeySet() }), "too large"],
])("returns AUTH_UNAVAILABLE when the key server %s", async (_case, respond, reason) => {
  const { createWith, keyServer, upstream, logLines, url } = await start(respond);

  const response = await createWith(await signToken(key));

  expect(onlyError(response).extensions).toMatchObject(unavailable);
  expect(upstream.received).toEqual([]);
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  const line = logLines.find((entry) => entry.includes("token verification keys could not be loaded"));
  expect(JSON.parse(line ?? "{}")["event.reason"]).toBe(reason);
  expect(logLines.join("") + response.text).not.toContain(new URL(keyServer.url).port);
});

test("returns AUTH_UNAVAILABLE when the key server does not respond within 5 seconds", async () => {
  const { timeout } = AbortSignal;
  const waits = jest.spyOn(AbortSignal, "timeout").mockImplementation(() => timeout.call(AbortSignal, 50));
  onTestEnd(async () => waits.mockRestore());
  const { createWith, upstream } = await start(() => new Promise(() => {}));

  expect(onlyError(await createWith(await signToken(key))).extensions).toMatchObject(unavailable);
  expect(waits).toHaveBeenCalledWith(5000);
  expect(upstream.received).toEqual([]);
});

test("returns AUTH_UNAVAILABLE when the key server refuses connections, for reads too", async () => {
  const gone = await startUpstream();
  await gone.close();
  const { url, createWith, upstream } = await startWith(gone.url);
  const token = await signToken(key);

  const write = await createWith(token);
  const read = await send(
    url,
    { query: '{ dataExtractionAction(id: "a") { id } }' },
    { authorization: `Bearer ${token}` },
  );

  expect(onlyError(write).extensions).toMatchObject(unavailable);
  const { outcome: _outcome, ...ofRead } = unavailable;
  expect(onlyError(read).extensions).toEqual({ ...ofRead, requestId: expect.any(String) });
  expect(upstream.received).toEqual([]);
});

test.each([
  ["is broken", async () => ({ ...key.publicJwk, x: "AAAA" })],
  ["is private", async () => ({ ...(await exportJWK(key.privateKey)), kid: "key-1" })],
])("returns AUTH_UNAVAILABLE when the key of a token %s", async (_case, makeJwk) => {
  const jwk = await makeJwk();
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

test("verifies tokens in the built service", async () => {
  const keyServer = await startUpstream(respondWithKey);
  const upstream = await startUpstream();
  const { url } = await startProcess({ CONTACTSWING_URL: upstream.url, JWKS_URL: keyServer.url });
  const createWith = (token: string) => create(url, minimalInput, { authorization: `Bearer ${token}` });

  const accepted = await createWith(await signToken(key));
  const rejected = await createWith(await signToken(strangersKey));

  expect(accepted.body.errors).toBeUndefined();
  expect(onlyError(rejected).extensions).toMatchObject(unauthenticated);
});
