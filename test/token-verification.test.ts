import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test } from "@jest/globals";
import { CompactSign, exportJWK, exportSPKI, SignJWT } from "jose";
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

/** A key server with scripted responses, and the service in front of a ContactSwing that counts its requests. */
async function start(
  respond: () => ScriptedResponse | Promise<ScriptedResponse> = () => ({ status: 200, body: keySetOf(key) }),
) {
  const keyServer = await startUpstream(() => respond());
  const upstream = await startUpstream();
  const service = await startService({
    CONTACTSWING_URL: upstream.url,
    JWKS_URL: `${keyServer.url}/keys`,
    JWT_ISSUER: issuer,
    JWT_AUDIENCE: audience,
  });
  const createWith = (token: string) => create(service.url, minimalInput, { authorization: `Bearer ${token}` });
  return { ...service, keyServer, upstream, createWith };
}

const unauthenticated = { code: "UNAUTHENTICATED", outcome: "NOT_CREATED", retryable: false };
const authUnavailable = { code: "AUTH_UNAVAILABLE", outcome: "NOT_CREATED", retryable: true };

test.each(["RS256", "RS512", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"])(
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

const attacks: Readonly<Record<string, () => string | Promise<string>>> = {
  "is signed by a stranger under a known key ID": () => signToken(strangersKey),
  "was changed after it was signed": async () => {
    const [header, , signature] = (await signToken(key)).split(".");
    const claims = Buffer.from(JSON.stringify(claimsWith({ sub: "admin" }))).toString("base64url");
    return `${header}.${claims}.${signature}`;
  },
  "has lost its signature": async () => (await signToken(key)).replace(/[^.]+$/, ""),
  'has the algorithm "none"': () => joinToken({ alg: "none", kid: key.kid }, claimsWith()),
  'has the algorithm "NONE" and a signature': () => joinToken({ alg: "NONE", kid: key.kid }, claimsWith(), "AAAA"),
  "has no algorithm": () => joinToken({ kid: key.kid }, claimsWith(), "AAAA"),
  "has an inherited property's name as algorithm": () =>
    joinToken({ alg: "constructor", kid: key.kid }, claimsWith(), "AAAA"),
  "is HS256 with the public key's PEM as secret": async () => signWithPublicKey(await exportSPKI(key.publicKey)),
  "is HS256 with the public key's JWK as secret": () => signWithPublicKey(JSON.stringify(key.publicJwk)),
  "is from another issuer": () => signToken(key, claimsWith({ iss: "https://other.example" })),
  "is from an issuer that is a list": () => signToken(key, claimsWith({ iss: [issuer] })),
  "has no issuer": () => signToken(key, claimsWith({ iss: undefined })),
  "is for another audience": () => signToken(key, claimsWith({ aud: ["other", `${audience}-2`] })),
  "has no audience": () => signToken(key, claimsWith({ aud: undefined })),
  "expired longer ago than the tolerance": () => signToken(key, claimsWith({ exp: nowSeconds() - 31 })),
  "never expires": () => signToken(key, claimsWith({ exp: undefined })),
  "expires at a string": () => signToken(key, claimsWith({ exp: String(nowSeconds() + 300) })),
  "is not valid yet": () => signToken(key, claimsWith({ nbf: nowSeconds() + 60 })),
  "has an unknown key ID": () => signToken(strangersKey, claimsWith(), { kid: "key-2" }),
  "has a path as key ID": () => signToken(strangersKey, claimsWith(), { kid: "../../../../dev/null" }),
  "has a query as key ID": () => signToken(strangersKey, claimsWith(), { kid: "key-1' OR '1'='1" }),
  "has a key ID that is not a string": () => signToken(strangersKey, claimsWith(), { kid: 1 }),
  "brings its own key": () => signToken(strangersKey, claimsWith(), { jwk: strangersKey.publicJwk }),
  "requires an unknown extension": () =>
    new SignJWT(claimsWith())
      .setProtectedHeader({ alg: key.algorithm, kid: key.kid, crit: ["exp-policy"], "exp-policy": true })
      .sign(key.privateKey, { crit: { "exp-policy": true } }),
  "has an empty list of extensions": async () =>
    joinToken({ alg: "ES256", kid: key.kid, crit: [] }, claimsWith(), "AAAA"),
  "has claims that are a list": () =>
    new CompactSign(Buffer.from("[]")).setProtectedHeader({ alg: key.algorithm, kid: key.kid }).sign(key.privateKey),
  "is not a JSON Web Token": () => "opaque-token",
  "has five parts, as an encrypted one": () => "a.b.c.d.e",
  "consists of dots": () => "..",
};

test.each(Object.keys(attacks))(
  "returns UNAUTHENTICATED without an upstream request when the token %s",
  async (attack) => {
    const { createWith, upstream, logLines } = await start();
    const token = (await attacks[attack]?.()) ?? "";

    const response = await createWith(token);

    expect(onlyError(response).extensions).toMatchObject(unauthenticated);
    expect(onlyError(response).message).toBe(failureTable["token-invalid"].message);
    expect(upstream.received).toEqual([]);
    expect(logLines.join("") + response.text).not.toContain(token.slice(0, 30));
  },
);

test.each(["jku", "x5u"])("does not fetch the URL in a token's %s header", async (parameter) => {
  const strangersServer = await startUpstream(() => ({ status: 200, body: keySetOf(strangersKey) }));
  const { createWith, upstream } = await start();

  const known = await createWith(await signToken(strangersKey, claimsWith(), { [parameter]: strangersServer.url }));
  const unknown = await createWith(
    await signToken(strangersKey, claimsWith(), { kid: "key-2", [parameter]: strangersServer.url }),
  );

  expect([onlyError(known).extensions.code, onlyError(unknown).extensions.code]).toEqual(
    Array(2).fill("UNAUTHENTICATED"),
  );
  expect(strangersServer.received).toEqual([]);
  expect(upstream.received).toEqual([]);
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
  const keyServer = await startUpstream(() => ({ status: 200, body: keySetOf(key) }));
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, JWKS_URL: keyServer.url });
  const good = await signToken(key, { exp: nowSeconds() + 60 });
  const forged = await signToken(strangersKey, { exp: nowSeconds() + 60 });

  const accepted = await create(url, minimalInput, { authorization: `Bearer ${good}` });
  const rejected = await create(url, minimalInput, { authorization: `Bearer ${forged}` });

  expect(accepted.body.errors).toBeUndefined();
  expect(onlyError(rejected).extensions).toMatchObject(unauthenticated);
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

test("verifies the token once per request, before reads, references and several fields", async () => {
  const { url, upstream, createWith, logLines } = await start();
  await createWith(await signToken(key));
  const before = upstream.received.length;
  const authorization = `Bearer ${await signToken(strangersKey)}`;

  const read = await send(
    url,
    { query: '{ a: dataExtractionAction(id: "a") { id } b: dataExtractionAction(id: "b") { id } }' },
    { authorization },
  );
  const reference = await send(
    url,
    {
      query: "query ($r: [_Any!]!) { _entities(representations: $r) { ... on DataExtractionAction { name } } }",
      variables: { r: [{ __typename: "DataExtractionAction", id: "a" }] },
    },
    { authorization },
  );
  const open = await send(url, { query: "{ _service { sdl } }" }, { authorization });

  expect(read.body.errors?.map(({ extensions }) => extensions)).toEqual([
    { code: "UNAUTHENTICATED", requestId: expect.any(String), retryable: false },
    { code: "UNAUTHENTICATED", requestId: expect.any(String), retryable: false },
  ]);
  expect(onlyError(reference).extensions.code).toBe("UNAUTHENTICATED");
  expect(open.body.errors).toBeUndefined();
  expect(upstream.received).toHaveLength(before);
  expect(logLines.filter((line) => line.includes("ERR_JWS_SIGNATURE_VERIFICATION_FAILED"))).toHaveLength(2);
});

test("logs why a token was rejected", async () => {
  const { createWith, logLines } = await start();

  await createWith(await signToken(key, claimsWith({ aud: "other" })));

  const line = JSON.parse(logLines.find((text) => text.includes("graphql request")) ?? "{}");
  expect(line["event.reason"]).toBe("ERR_JWT_CLAIM_VALIDATION_FAILED aud");
});

test("loads the keys once for concurrent requests", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { url, createWith, keyServer } = await start(async () => {
    await held;
    return { status: 200, body: keySetOf(key) };
  });
  const token = await signToken(key);

  const requests = Array.from({ length: 20 }, () => createWith(token));
  await eventually(async () => (await scrape(url)).value("contactswing_bff_requests_in_flight") === 20);
  release();
  const responses = await Promise.all(requests);

  expect(responses.map(({ body }) => body.errors)).toEqual(Array(20).fill(undefined));
  expect(keyServer.received).toHaveLength(1);
});

test("accepts a new key with its first token, and rejects the removed one", async () => {
  const newKey = await createSigningKey("key-2");
  let current = key;
  const { createWith, keyServer } = await start(() => ({ status: 200, body: keySetOf(current) }));
  expect((await createWith(await signToken(key))).body.errors).toBeUndefined();

  current = newKey;
  const responses = await Promise.all(Array.from({ length: 20 }, async () => createWith(await signToken(newKey))));

  expect(responses.map(({ body }) => body.errors)).toEqual(Array(20).fill(undefined));
  expect(onlyError(await createWith(await signToken(key))).extensions).toMatchObject(unauthenticated);
  expect(keyServer.received).toHaveLength(2);
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
    expect([29, 30]).toContain(retryAfterSeconds);
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

test.each<[string, () => ScriptedResponse, string]>([
  ["fails", () => ({ status: 500, body: "oops" }), "status 500"],
  ["redirects", () => ({ status: 302, headers: { location: "/keys" } }), "status 302"],
  ["responds with a page", () => ({ status: 200, body: "<html></html>" }), "not JSON"],
  ["responds with another document", () => ({ status: 200, body: { issuer } }), "ERR_JWKS_INVALID"],
  ["sends more than 256 KiB", () => ({ status: 200, body: bigKeySet() }), "too large"],
])("returns AUTH_UNAVAILABLE when the key server %s", async (_case, respond, reason) => {
  const { createWith, keyServer, upstream, logLines, url } = await start(respond);

  const { text, ...rest } = await createWith(await signToken(key));

  expect(onlyError({ text, ...rest }).extensions).toMatchObject({ ...authUnavailable, retryAfterSeconds: 1 });
  expect(upstream.received).toEqual([]);
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  const line = logLines.find((entry) => entry.includes("token verification keys could not be loaded"));
  expect(JSON.parse(line ?? "{}")["event.reason"]).toBe(reason);
  expect(logLines.join("") + text).not.toContain(new URL(keyServer.url).port);
});

test("returns AUTH_UNAVAILABLE when the key server does not complete its response in time", async () => {
  const server = createServer((_request, response) => void response.writeHead(200).write('{"keys":['));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestEnd(async () => {
    server.close();
    server.closeAllConnections();
  });
  const upstream = await startUpstream();
  const { port } = server.address() as AddressInfo;
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, JWKS_URL: `http://127.0.0.1:${port}` });

  const response = await create(url, minimalInput, { authorization: `Bearer ${await signToken(key)}` });

  expect(onlyError(response).extensions).toMatchObject({ ...authUnavailable, retryAfterSeconds: 1 });
  expect(upstream.received).toEqual([]);
});

test("returns AUTH_UNAVAILABLE when the key server refuses connections, for reads too", async () => {
  const upstream = await startUpstream();
  const gone = await startUpstream();
  await gone.close();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, JWKS_URL: gone.url });
  const headers = { authorization: `Bearer ${await signToken(key)}` };

  const write = await create(url, minimalInput, headers);
  const read = await send(url, { query: '{ dataExtractionAction(id: "a") { id } }' }, headers);

  expect(onlyError(write).extensions).toMatchObject({ ...authUnavailable, retryAfterSeconds: 1 });
  expect(onlyError(read).extensions).toEqual({
    code: "AUTH_UNAVAILABLE",
    requestId: expect.any(String),
    retryable: true,
    retryAfterSeconds: 1,
  });
  expect(upstream.received).toEqual([]);
});

test("keeps using its keys while the key server is down, and returns AUTH_UNAVAILABLE for an unknown key ID", async () => {
  let isDown = false;
  const { createWith } = await start(() => (isDown ? { status: 503 } : { status: 200, body: keySetOf(key) }));
  await createWith(await signToken(key));

  isDown = true;
  const known = await createWith(await signToken(key));
  const unknown = await createWith(await signToken(strangersKey, claimsWith(), { kid: "key-2" }));

  expect(known.body.errors).toBeUndefined();
  expect(onlyError(unknown).extensions).toMatchObject({ ...authUnavailable, retryAfterSeconds: 1 });
});

test.each([
  ["is too short", async () => ({ ...(await weakKey()), kid: "key-1" })],
  ["is broken", async () => ({ ...key.publicJwk, x: "AAAA" })],
  ["is private", async () => ({ ...(await exportJWK(key.privateKey)), kid: "key-1" })],
])("returns AUTH_UNAVAILABLE when the key of a token %s", async (_case, makeJwk) => {
  const jwk = await makeJwk();
  const { createWith, upstream } = await start(() => ({ status: 200, body: { keys: [jwk] } }));
  const token =
    jwk.kty === "RSA" ? joinToken({ alg: "RS256", kid: "key-1" }, claimsWith(), "AAAA") : await signToken(key);

  const response = await createWith(token);

  expect(onlyError(response).extensions).toMatchObject({ ...authUnavailable, retryAfterSeconds: 30 });
  expect(upstream.received).toEqual([]);
});

async function weakKey() {
  const { generateKeyPairSync } = await import("node:crypto");
  return generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
}

async function startWithKeyFile(content: string) {
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  onTestEnd(() => rm(folder, { recursive: true }));
  const file = join(folder, "canary-keys.json");
  await writeFile(file, content);
  const upstream = await startUpstream();
  const service = await startService({ CONTACTSWING_URL: upstream.url, JWKS_URL: pathToFileURL(file).href });
  const createWith = (token: string) => create(service.url, minimalInput, { authorization: `Bearer ${token}` });
  return { ...service, upstream, file, createWith };
}

test("loads the keys from a file, and reads it again for an unknown key ID", async () => {
  const newKey = await createSigningKey("key-2");
  const { createWith, file } = await startWithKeyFile(JSON.stringify(keySetOf(key)));

  const first = await createWith(await signToken(key));
  await writeFile(file, JSON.stringify(keySetOf(key, newKey)));
  const second = await createWith(await signToken(newKey));

  expect([first.body.errors, second.body.errors]).toEqual([undefined, undefined]);
});

test("starts with a key file that is not JSON, warns once without its path, and returns AUTH_UNAVAILABLE", async () => {
  const { createWith, upstream, logLines } = await startWithKeyFile("{");

  const responses = [await createWith("opaque-token"), await createWith(await signToken(key))];

  for (const response of responses) {
    expect(onlyError(response).extensions).toMatchObject({ ...authUnavailable, retryAfterSeconds: 1 });
  }
  expect(upstream.received).toEqual([]);
  const lines = logLines.filter((line) => line.includes("token verification keys could not be loaded"));
  expect(lines.map((line) => JSON.parse(line)["event.reason"])).toEqual(["not JSON"]);
  expect(logLines.join("")).not.toContain("canary");
});

test("verifies tokens in the built service", async () => {
  const keyServer = await startUpstream(() => ({ status: 200, body: keySetOf(key) }));
  const upstream = await startUpstream();
  const { url } = await startProcess({ CONTACTSWING_URL: upstream.url, JWKS_URL: keyServer.url });
  const createWith = (token: string) => create(url, minimalInput, { authorization: `Bearer ${token}` });

  const accepted = await createWith(await signToken(key));
  const rejected = await createWith(await signToken(strangersKey));

  expect(accepted.body.errors).toBeUndefined();
  expect(onlyError(rejected).extensions).toMatchObject(unauthenticated);
});
