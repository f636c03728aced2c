import { expect, test } from "@jest/globals";
import { createTokenVerifier } from "../../src/auth/token-verifier.ts";
import type { Caller } from "../../src/contactswing/client.ts";
import { createAuthentication } from "../../src/http/authentication.ts";
import { startRecord } from "../../src/telemetry/operation-record.ts";
import { claimsWith, createSigningKey, issuer, keySetOf, signToken } from "../helpers/issuer.ts";
import { startUpstream } from "../helpers/upstream.ts";

/** The authentication of one request that carries the token, and how often the token was verified. */
async function authenticationOf(claims: Record<string, unknown>, isSignedByStranger = false) {
  const key = await createSigningKey("key-1");
  const keyServer = await startUpstream(() => ({ status: 200, body: keySetOf(key) }));
  const verifier = createTokenVerifier({
    jwksUrl: keyServer.url,
    issuer: undefined,
    audience: undefined,
    onKeysChange: () => undefined,
  });
  const verified: string[] = [];
  const callers: Caller[] = [];
  const authentication = createAuthentication({
    refusedToken: undefined,
    verifier: {
      ...verifier,
      verify: (token) => {
        verified.push(token);
        return verifier.verify(token);
      },
    },
    onCaller: (caller) => callers.push(caller),
  });
  const token = await signToken(isSignedByStranger ? await createSigningKey("key-1") : key, claims);
  const authorization = `Bearer ${token}`;
  const message = { headers: { authorization }, rawHeaders: ["Authorization", authorization] };
  return { authenticate: authentication(message as never, "r-1", startRecord("r-1")), verified, callers };
}

test("verifies a token once, however often a request asks for its caller", async () => {
  const { authenticate, verified, callers } = await authenticationOf(claimsWith());

  const [one, two] = await Promise.all([authenticate(), authenticate()]);

  expect(await authenticate()).toBe(one);
  expect(two).toBe(one);
  expect(verified).toHaveLength(1);
  expect(callers).toEqual([one]);
});

test("refuses the token that is never passed on, and no other", async () => {
  const authentication = createAuthentication({ refusedToken: "demo", verifier: undefined, onCaller: () => undefined });
  const authenticate = (authorization: string) =>
    authentication(
      { headers: { authorization }, rawHeaders: ["Authorization", authorization] } as never,
      "r-1",
      startRecord("r-1"),
    )();

  await expect(authenticate("Bearer demo")).rejects.toThrow("token-missing");
  expect((await authenticate("Bearer demo1")).token.reveal()).toBe("demo1");
});

test("refuses a forged token once, too, and tells of no caller", async () => {
  const { authenticate, verified, callers } = await authenticationOf(claimsWith(), true);

  await expect(authenticate()).rejects.toThrow("token-invalid");
  await expect(authenticate()).rejects.toThrow("token-invalid");
  expect(verified).toHaveLength(1);
  expect(callers).toEqual([]);
});

test.each([
  ["its issuer and subject", { sub: "user-1" }, `["${issuer}","user-1"]`],
  ["its subject when it names no issuer", { sub: "user-1", iss: undefined }, '[null,"user-1"]'],
  ["nobody without a subject", { sub: undefined }, undefined],
  ["nobody with an empty subject", { sub: "" }, undefined],
  ["nobody with a subject that is no text", { sub: 7 }, undefined],
])("takes a token to belong to %s", async (_case, claims, verifiedSubject) => {
  const { authenticate } = await authenticationOf(claimsWith(claims));

  expect((await authenticate()).verifiedSubject).toBe(verifiedSubject);
});
