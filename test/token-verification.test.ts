import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test } from "@jest/globals";
import { CompactSign, exportJWK, exportSPKI, SignJWT } from "jose";
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
import { eventually } from "./helpers/process.ts";
import { startService } from "./helpers/service.ts";
import { type ScriptedAnswer, startUpstream } from "./helpers/upstream.ts";

let key: SigningKey;
let strangersKey: SigningKey;

beforeAll(async () => {
  key = await createSigningKey("key-1");
  strangersKey = await createSigningKey("key-1");
});

/** A key server whose answer can be changed, with the service and a ContactSwing that counts. */
async function start(
  answer: () => ScriptedAnswer | Promise<ScriptedAnswer> = () => ({ status: 200, body: keySetOf(key) }),
) {
  const keyServer = await startUpstream(() => answer());
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
  "takes a token signed with %s and passes it on unchanged",
  async (algorithm) => {
    const signingKey = await createSigningKey("k", algorithm);
    const { createWith, upstream } = await start(() => ({ status: 200, body: keySetOf(key, signingKey) }));
    const token = await signToken(signingKey);

    const answer = await createWith(token);

    expect(answer.body.errors).toBeUndefined();
    expect(upstream.received[0]?.headers.authorization).toBe(`Bearer ${token}`);
  },
);

const pem = () => exportSPKI(key.publicKey);

/** An HS256 token whose secret is what everyone knows: the public key. */
function confuse(secret: string | Buffer): string {
  const unsigned = joinToken({ alg: "HS256", kid: key.kid }, claimsWith()).slice(0, -1);
  return `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
}

const attacks: Readonly<Record<string, () => string | Promise<string>>> = {
  "is signed by a stranger under a known key id": () => signToken(strangersKey),
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
  "is HS256 with the public key's PEM as secret": async () => confuse(await pem()),
  "is HS256 with the public key's trimmed PEM as secret": async () => confuse((await pem()).trim()),
  "is HS256 with the public key's JWK as secret": () => confuse(JSON.stringify(key.publicJwk)),
  "is HS256 with a coordinate of the public key as secret": () =>
    confuse(Buffer.from(key.publicJwk.x as string, "base64url")),
  "is from another issuer": () => signToken(key, claimsWith({ iss: "https://other.example" })),
  "is from an issuer that is a list": () => signToken(key, claimsWith({ iss: [issuer] })),
  "names no issuer": () => signToken(key, claimsWith({ iss: undefined })),
  "is for another audience": () => signToken(key, claimsWith({ aud: ["other", `${audience}-2`] })),
  "names no audience": () => signToken(key, claimsWith({ aud: undefined })),
  "ended more than the leeway ago": () => signToken(key, claimsWith({ exp: nowSeconds() - 31 })),
  "never ends": () => signToken(key, claimsWith({ exp: undefined })),
  "ends at a text": () => signToken(key, claimsWith({ exp: String(nowSeconds() + 300) })),
  "is not valid yet": () => signToken(key, claimsWith({ nbf: nowSeconds() + 60 })),
  "has an unknown key id": () => signToken(strangersKey, claimsWith(), { kid: "key-2" }),
  "has a path as key id": () => signToken(strangersKey, claimsWith(), { kid: "../../../../dev/null" }),
  "has a query as key id": () => signToken(strangersKey, claimsWith(), { kid: "key-1' OR '1'='1" }),
  "has a key id that is no text": () => signToken(strangersKey, claimsWith(), { kid: 1 }),
  "brings its own key": () => signToken(strangersKey, claimsWith(), { jwk: strangersKey.publicJwk }),
  "needs an extension that nobody knows": () =>
    new SignJWT(claimsWith())
      .setProtectedHeader({ alg: key.algorithm, kid: key.kid, crit: ["exp-policy"], "exp-policy": true })
      .sign(key.privateKey, { crit: { "exp-policy": true } }),
  "has an empty list of extensions": async () =>
    joinToken({ alg: "ES256", kid: key.kid, crit: [] }, claimsWith(), "AAAA"),
  "has claims that are a list": () =>
    new CompactSign(Buffer.from("[]")).setProtectedHeader({ alg: key.algorithm, kid: key.kid }).sign(key.privateKey),
  "is not a JSON Web Token": () => "opaque-token",
  "has five parts, as an encrypted one": () => "a.b.c.d.e",
  "is nothing but dots": () => "..",
};

test.each(Object.keys(attacks))("answers UNAUTHENTICATED and calls nobody when the token %s", async (attack) => {
  const { createWith, upstream, logLines } = await start();
  const token = (await attacks[attack]?.()) ?? "";

  const answer = await createWith(token);

  expect(onlyError(answer).extensions).toMatchObject(unauthenticated);
  expect(onlyError(answer).message).toBe("The token is not valid, or not any more.");
  expect(upstream.received).toEqual([]);
  expect(logLines.join("") + answer.text).not.toContain(token.slice(0, 30));
});

test.each(["jku", "x5u"])("does not fetch what a token's %s header points to", async (parameter) => {
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
  ["ended within the leeway", () => claimsWith({ exp: nowSeconds() - 20 })],
  ["begins within the leeway", () => claimsWith({ nbf: nowSeconds() + 20 })],
  ["has the audience among others", () => claimsWith({ aud: ["other", audience] })],
  ["has no subject", () => claimsWith({ sub: undefined })],
])("takes a token that %s", async (_case, claims) => {
  const { createWith } = await start();

  expect((await createWith(await signToken(key, claims()))).body.errors).toBeUndefined();
});

test("looks at signature and end alone when neither issuer nor audience is set", async () => {
  const keyServer = await startUpstream(() => ({ status: 200, body: keySetOf(key) }));
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, JWKS_URL: keyServer.url });
  const good = await signToken(key, { exp: nowSeconds() + 60 });
  const forged = await signToken(strangersKey, { exp: nowSeconds() + 60 });

  const accepted = await create(url, minimalInput, { authorization: `Bearer ${good}` });
  const refused = await create(url, minimalInput, { authorization: `Bearer ${forged}` });

  expect(accepted.body.errors).toBeUndefined();
  expect(onlyError(refused).extensions).toMatchObject(unauthenticated);
});

test("tries every key of the set when the token names none", async () => {
  const other = await createSigningKey("key-2");
  const unnamed = (signingKey: SigningKey) => ({ ...signingKey.publicJwk, kid: undefined });
  const { createWith } = await start(() => ({ status: 200, body: { keys: [unnamed(other), unnamed(key)] } }));

  const good = await createWith(await signToken(key, claimsWith(), { kid: undefined }));
  const forged = await createWith(await signToken(strangersKey, claimsWith(), { kid: undefined }));

  expect(good.body.errors).toBeUndefined();
  expect(onlyError(forged).extensions).toMatchObject(unauthenticated);
});

test("guards reads, references and several fields of one request alike, and looks at the token once", async () => {
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

test("tells operators in the log line why a token was refused", async () => {
  const { createWith, logLines } = await start();

  await createWith(await signToken(key, claimsWith({ aud: "other" })));

  const line = JSON.parse(logLines.find((text) => text.includes("graphql request")) ?? "{}");
  expect(line["event.reason"]).toBe("ERR_JWT_CLAIM_VALIDATION_FAILED aud");
});

test("loads the keys once, however many callers wait for them", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { url, createWith, keyServer } = await start(async () => {
    await held;
    return { status: 200, body: keySetOf(key) };
  });
  const token = await signToken(key);

  const calls = Array.from({ length: 20 }, () => createWith(token));
  await eventually(async () => (await scrape(url)).value("contactswing_bff_requests_in_flight") === 20);
  release();
  const answers = await Promise.all(calls);

  expect(answers.map(({ body }) => body.errors)).toEqual(Array(20).fill(undefined));
  expect(keyServer.received).toHaveLength(1);
});

test("takes a new key as soon as a token names it, and drops the one that is gone", async () => {
  const newKey = await createSigningKey("key-2");
  let current = key;
  const { createWith, keyServer } = await start(() => ({ status: 200, body: keySetOf(current) }));
  expect((await createWith(await signToken(key))).body.errors).toBeUndefined();

  current = newKey;
  const answers = await Promise.all(Array.from({ length: 20 }, async () => createWith(await signToken(newKey))));

  expect(answers.map(({ body }) => body.errors)).toEqual(Array(20).fill(undefined));
  expect(onlyError(await createWith(await signToken(key))).extensions).toMatchObject(unauthenticated);
  expect(keyServer.received).toHaveLength(2);
});

test("does not ask the key server again for every made-up key id", async () => {
  const { createWith, keyServer } = await start();
  await createWith(await signToken(key));

  for (let batch = 0; batch < 5; batch++) {
    await Promise.all(
      Array.from({ length: 10 }, async (_, n) =>
        createWith(await signToken(strangersKey, claimsWith(), { kid: `made-up-${batch}-${n}` })),
      ),
    );
  }

  expect(keyServer.received).toHaveLength(2);
});

const bigKeySet = () => ({ keys: [{ ...key.publicJwk, x5c: ["A".repeat(300_000)] }] });

test.each<[string, () => ScriptedAnswer, string]>([
  ["fails", () => ({ status: 500, body: "oops" }), "status 500"],
  ["redirects", () => ({ status: 302, headers: { location: "/keys" } }), "status 302"],
  ["answers with a page", () => ({ status: 200, body: "<html></html>" }), "not JSON"],
  ["answers with another document", () => ({ status: 200, body: { issuer } }), "JSON Web Key Set malformed"],
  ["sends more than a key set can be", () => ({ status: 200, body: bigKeySet() }), "too large"],
])("answers AUTH_UNAVAILABLE when the key server %s", async (_case, answer, reason) => {
  const { createWith, keyServer, upstream, logLines, url } = await start(answer);

  const { text, ...rest } = await createWith(await signToken(key));

  expect(onlyError({ text, ...rest }).extensions).toMatchObject(authUnavailable);
  expect(upstream.received).toEqual([]);
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  const line = logLines.find((entry) => entry.includes("keys cannot be loaded"));
  expect(JSON.parse(line ?? "{}")["event.reason"]).toBe(reason);
  expect(logLines.join("") + text).not.toContain(new URL(keyServer.url).port);
});

test("answers AUTH_UNAVAILABLE when the key server begins an answer and does not end it", async () => {
  const server = createServer((_request, response) => void response.writeHead(200).write('{"keys":['));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestEnd(async () => {
    server.close();
    server.closeAllConnections();
  });
  const upstream = await startUpstream();
  const { port } = server.address() as AddressInfo;
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, JWKS_URL: `http://127.0.0.1:${port}` });

  const answer = await create(url, minimalInput, { authorization: `Bearer ${await signToken(key)}` });

  expect(onlyError(answer).extensions).toMatchObject(authUnavailable);
  expect(upstream.received).toEqual([]);
});

test("answers AUTH_UNAVAILABLE when nobody listens where the keys should be, on reads too", async () => {
  const upstream = await startUpstream();
  const gone = await startUpstream();
  await gone.close();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, JWKS_URL: gone.url });
  const headers = { authorization: `Bearer ${await signToken(key)}` };

  const write = await create(url, minimalInput, headers);
  const read = await send(url, { query: '{ dataExtractionAction(id: "a") { id } }' }, headers);

  expect(onlyError(write).extensions).toMatchObject(authUnavailable);
  expect(onlyError(read).extensions).toEqual({
    code: "AUTH_UNAVAILABLE",
    requestId: expect.any(String),
    retryable: true,
  });
  expect(upstream.received).toEqual([]);
});

test("goes on with the keys it has while the key server is down, and says of an unknown key that it cannot tell", async () => {
  let isDown = false;
  const { createWith } = await start(() => (isDown ? { status: 503 } : { status: 200, body: keySetOf(key) }));
  await createWith(await signToken(key));

  isDown = true;
  const known = await createWith(await signToken(key));
  const unknown = await createWith(await signToken(strangersKey, claimsWith(), { kid: "key-2" }));

  expect(known.body.errors).toBeUndefined();
  expect(onlyError(unknown).extensions).toMatchObject(authUnavailable);
});

test.each([
  ["is too short", async () => ({ ...(await weakKey()), kid: "key-1" })],
  ["is broken", async () => ({ ...key.publicJwk, x: "AAAA" })],
  ["is private", async () => ({ ...(await exportJWK(key.privateKey)), kid: "key-1" })],
])("answers AUTH_UNAVAILABLE when the key that a token names %s", async (_case, makeJwk) => {
  const jwk = await makeJwk();
  const { createWith, upstream } = await start(() => ({ status: 200, body: { keys: [jwk] } }));
  const token =
    jwk.kty === "RSA" ? joinToken({ alg: "RS256", kid: "key-1" }, claimsWith(), "AAAA") : await signToken(key);

  const answer = await createWith(token);

  expect(onlyError(answer).extensions).toMatchObject(authUnavailable);
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

test("takes the keys from a file, and reads it again for a key that it does not know", async () => {
  const newKey = await createSigningKey("key-2");
  const { createWith, file } = await startWithKeyFile(JSON.stringify(keySetOf(key)));

  const first = await createWith(await signToken(key));
  await writeFile(file, JSON.stringify(keySetOf(key, newKey)));
  const second = await createWith(await signToken(newKey));

  expect([first.body.errors, second.body.errors]).toEqual([undefined, undefined]);
});

test.each([
  ["does not parse", "{", "not JSON"],
  ["is too large", " ".repeat(256 * 1024 + 1), "too large"],
])("starts with a key file that %s, says so once, and answers AUTH_UNAVAILABLE", async (_case, content, reason) => {
  const { createWith, upstream, logLines } = await startWithKeyFile(content);

  const answers = [await createWith(await signToken(key)), await createWith(await signToken(key))];

  for (const answer of answers) expect(onlyError(answer).extensions).toMatchObject(authUnavailable);
  expect(upstream.received).toEqual([]);
  const lines = logLines.filter((line) => line.includes("keys cannot be loaded"));
  expect(lines.map((line) => JSON.parse(line)["event.reason"])).toEqual([reason]);
  expect(logLines.join("")).not.toContain("canary");
});
