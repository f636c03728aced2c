import { create, minimalInput } from "./graphql.ts";
import { audience, createSigningKey, issuer, keySetOf } from "./issuer.ts";
import { startWithUpstream } from "./service.ts";
import { type Respond, type ScriptedResponse, startUpstream } from "./upstream.ts";

export const key = await createSigningKey("key-1");
/** Another key with the same ID. */
export const strangersKey = await createSigningKey("key-1");

export const unauthenticated = { code: "UNAUTHENTICATED", outcome: "NOT_CREATED", retryable: false };
export const authUnavailable = { code: "AUTH_UNAVAILABLE", outcome: "NOT_CREATED", retryable: true };

/** The service with its keys at a URL, in front of a ContactSwing that counts its requests. */
export async function startWith(jwksUrl: string, settings: Record<string, string> = {}) {
  const started = await startWithUpstream(undefined, { JWKS_URL: jwksUrl, ...settings });
  const createWith = (token: string) => create(started.url, minimalInput, { authorization: `Bearer ${token}` });
  return { ...started, createWith };
}

export const respondWithKey = (): ScriptedResponse => ({ status: 200, body: keySetOf(key) });

/** The same, and a key server with scripted responses. */
export async function start(respond: Respond = respondWithKey) {
  const keyServer = await startUpstream(respond);
  const settings = { JWT_ISSUER: issuer, JWT_AUDIENCE: audience };
  return { keyServer, ...(await startWith(`${keyServer.url}/keys`, settings)) };
}
