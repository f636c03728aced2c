import { createHmac } from "node:crypto";
import { expect, test } from "@jest/globals";
import { exportSPKI } from "jose";
import { failureTable } from "../src/failures/failure-table.ts";
import { create, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import {
  audience,
  claimsWith,
  createSigningKey,
  joinToken,
  keySetOf,
  nowSeconds,
  type SigningKey,
  signToken,
} from "./helpers/issuer.ts";
import { startUpstream } from "./helpers/upstream.ts";
import { key, respondWithKey, start, startWith, strangersKey, unauthenticated } from "./helpers/verifying-service.ts";

test.each(["RS256", "PS256", "ES384", "EdDSA"])("accepts a token signed with %s and forwards it", async (algorithm) => {
  const signingKey = await createSigningKey("k", algorithm);
  const { createWith, upstream } = await start(() => ({ status: 200, body: keySetOf(key, signingKey) }));
  const token = await signToken(signingKey);

  const response = await createWith(token);

  expect(response.body.errors).toBeUndefined();
  expect(upstream.received[0]?.headers.authorization).toBe(`Bearer ${token}`);
});

/** An HS256 token whose secret is the public key, which everyone knows. */
function signWithPublicKey(secret: string): string {
  const unsigned = joinToken({ alg: "HS256", kid: key.kid }, claimsWith()).slice(0, -1);
  return `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`;
}

test.each<[string, () => string | Promise<string>]>([
  ["is signed by a stranger under a known key ID", () => signToken(strangersKey)],
  ['has the algorithm "none"', () => joinToken({ alg: "none", kid: key.kid }, claimsWith())],
  ["has no algorithm", () => joinToken({ kid: key.kid }, claimsWith(), "AAAA")],
  ["is HS256 with the public key as secret", async () => signWithPublicKey(await exportSPKI(key.publicKey))],
  ["is from another issuer", () => signToken(key, claimsWith({ iss: "https://other.example" }))],
  ["is for another audience", () => signToken(key, claimsWith({ aud: ["other", `${audience}-2`] }))],
  ["expired longer ago than the tolerance", () => signToken(key, claimsWith({ exp: nowSeconds() - 31 }))],
  ["is not valid yet", () => signToken(key, claimsWith({ nbf: nowSeconds() + 60 }))],
  ["brings its own key", () => signToken(strangersKey, claimsWith(), { jwk: strangersKey.publicJwk })],
  ["never expires", () => signToken(key, claimsWith({ exp: undefined }))],
  ["has an unknown key ID", () => signToken(strangersKey, claimsWith(), { kid: "key-2" })],
  ["has a key ID that is not a string", () => signToken(strangersKey, claimsWith(), { kid: 1 })],
  ["is not a JSON Web Token", () => "opaque-token"],
])("rejects a token that %s, without an upstream request", async (_case, forge) => {
  const { createWith, upstream, logLines } = await start();
  const token = await forge();

  const response = await createWith(token);

  expect(onlyError(response).extensions).toMatchObject(unauthenticated);
  expect(onlyError(response).message).toBe(failureTable["token-invalid"].message);
  expect(upstream.received).toEqual([]);
  expect(logLines.join("") + response.text).not.toContain(token.slice(0, 30));
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

const refreshed = { exp: nowSeconds() + 600 };
test.each<[string, boolean, Record<string, unknown>, Record<string, unknown>]>([
  ["two tokens of one subject share", true, {}, refreshed],
  ["two subjects do not share", false, {}, { sub: "user-2" }],
  ["one subject of two issuers does not share", false, {}, { iss: "https://other.example" }],
  ["two tokens without a subject do not share", false, { sub: undefined }, { sub: undefined, ...refreshed }],
  ["two tokens with an empty subject do not share", false, { sub: "" }, { sub: "", ...refreshed }],
])("%s idempotency keys", async (_case, isShared, ...claims) => {
  const keyServer = await startUpstream(respondWithKey);
  const { url } = await startWith(keyServer.url);
  const input = { ...minimalInput, idempotencyKey: "key" };
  const createWith = async (changes: Record<string, unknown>) =>
    create(url, input, { authorization: `Bearer ${await signToken(key, claimsWith(changes))}` });

  const [first, second] = [await createWith(claims[0] ?? {}), await createWith(claims[1] ?? {})];

  expect(first.body.data.createDataExtractionAction.replayed).toBe(false);
  expect(second.body.data.createDataExtractionAction.replayed).toBe(isShared);
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
  const { url, upstream, lines } = await start();
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
  const reasons = lines().flatMap((line) => line["event.reason"] ?? []);
  expect(reasons).toEqual(Array(2).fill("ERR_JWT_CLAIM_VALIDATION_FAILED aud"));
});
