import { beforeAll, describe, expect, test } from "@jest/globals";
import { createTokenVerifier } from "../../src/auth/token-verifier.ts";
import {
  claimsWith,
  createSigningKey,
  issuer,
  keySetOf,
  nowSeconds,
  type SigningKey,
  signToken,
} from "../helpers/issuer.ts";
import { type ScriptedAnswer, startUpstream } from "../helpers/upstream.ts";

let key: SigningKey;
let otherKey: SigningKey;

beforeAll(async () => {
  key = await createSigningKey("key-1");
  otherKey = await createSigningKey("key-1");
});

/** A verifier, the key server that it asks, and what it says of that. */
async function start(answer: () => ScriptedAnswer = () => ({ status: 200, body: keySetOf(key) })) {
  const server = await startUpstream(() => answer());
  const problems: (string | undefined)[] = [];
  const verifier = createTokenVerifier({
    jwksUrl: server.url,
    issuer: undefined,
    audience: undefined,
    onKeysChange: (problem) => problems.push(problem),
  });
  return { verifier, server, problems };
}

const withoutName = (signingKey: SigningKey) => ({ keys: [{ ...signingKey.publicJwk, kid: undefined }] });
const forged = { kind: "refused", reason: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" };

test("says whose a good token is, by issuer and subject", async () => {
  const { verifier } = await start();
  const verify = async (claims: Record<string, unknown>) => verifier.verify(await signToken(key, claimsWith(claims)));

  expect(await verify({ sub: "user-1" })).toEqual({ kind: "verified", subject: JSON.stringify([issuer, "user-1"]) });
  expect(await verify({ sub: "user-1", iss: 7 })).toEqual({ kind: "verified", subject: '[null,"user-1"]' });
  expect(await verify({ sub: "" })).toEqual({ kind: "verified", subject: undefined });
});

describe("why a token is refused", () => {
  test.each([
    ["its signature", () => signToken(otherKey), forged],
    ["its end", () => signToken(key, claimsWith({ exp: nowSeconds() - 60 })), "ERR_JWT_EXPIRED exp"],
    ["what it lacks", () => signToken(key, claimsWith({ exp: undefined })), "ERR_JWT_CLAIM_VALIDATION_FAILED exp"],
    ["its form", async () => "canary", "ERR_JWS_INVALID"],
  ])("is told of %s, and asks for no other keys", async (_case, makeToken, expected) => {
    const { verifier, server } = await start();

    const verification = await verifier.verify(await makeToken());

    expect(verification).toEqual(typeof expected === "string" ? { kind: "refused", reason: expected } : expected);
    expect(server.received).toHaveLength(1);
  });

  test("is told of a token that names no key, also when its signature fits one of several", async () => {
    const keys = [...withoutName(otherKey).keys, ...withoutName(key).keys];
    const { verifier } = await start(() => ({ status: 200, body: { keys } }));
    const old = await signToken(key, claimsWith({ exp: nowSeconds() - 60 }), { kid: undefined });
    const strangers = await signToken(await createSigningKey("x"), claimsWith(), { kid: undefined });

    expect(await verifier.verify(old)).toEqual({ kind: "refused", reason: "ERR_JWT_EXPIRED exp" });
    expect(await verifier.verify(strangers)).toEqual(forged);
  });
});

test("asks for new keys when a token that names none fits none", async () => {
  let current = key;
  const { verifier, server } = await start(() => ({ status: 200, body: withoutName(current) }));
  await verifier.warmUp();
  current = otherKey;

  const verification = await verifier.verify(await signToken(otherKey, claimsWith(), { kid: undefined }));

  expect(verification.kind).toBe("verified");
  expect(server.received).toHaveLength(2);
});

describe("keys", () => {
  test("are loaded before a token needs them, once", async () => {
    const { verifier, server } = await start();

    await verifier.warmUp();
    expect(server.received).toHaveLength(1);
    await verifier.verify(await signToken(key));

    expect(server.received).toHaveLength(1);
  });

  test("that cannot be had are told of, and make nothing fail but the verification", async () => {
    const { verifier, problems } = await start(() => ({ status: 500 }));

    await expect(verifier.warmUp()).resolves.toBeUndefined();

    expect(await verifier.verify(await signToken(key))).toEqual({
      kind: "keys-unavailable",
      reason: "keys not loaded",
    });
    expect(problems).toStrictEqual(["status 500"]);
  });

  test("that cannot be used say nothing of the token", async () => {
    const { verifier } = await start(() => ({ status: 200, body: { keys: [{ ...key.publicJwk, x: "AAAA" }] } }));

    expect(await verifier.verify(await signToken(key))).toEqual({ kind: "keys-unavailable", reason: "unusable key" });
  });
});
