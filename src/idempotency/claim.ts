import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import type { Caller } from "../auth/caller.ts";
import type { Claim } from "./idempotency-store.ts";

/** A claim, and the key that its response is encrypted with, which no store ever sees. */
export interface DerivedClaim extends Claim {
  readonly sealKey: Buffer;
}

// Part of every digest. A new version makes the records of older releases impossible to find, and with them the
// protection of requests that are retried across the rollout.
const version = 1;

/**
 * Digests the caller, the idempotency key, and the input. A key belongs to its caller: the verified issuer and subject
 * if they are known, so that a refreshed token keeps its keys, or else the token.
 * @param input as the caller gave it, in canonical form; see {@link canonicalize}.
 */
export function deriveClaim({ owner }: Caller, idempotencyKey: string, input: unknown): DerivedClaim {
  const key = createHash("sha256").update(JSON.stringify([version, owner, idempotencyKey]));
  // Two digests in one: neither half says anything about the other.
  const halves = createHash("sha512")
    .update(JSON.stringify([version, owner, idempotencyKey, input]))
    .digest();
  return {
    key: key.digest("base64url"),
    fingerprint: halves.subarray(0, 32).toString("base64url"),
    sealKey: halves.subarray(32),
  };
}

/**
 * The form in which inputs are compared: fields in alphabetical order, without those that are absent, null, or equal to
 * their default. So it does not change when a release adds a field with a default or changes the mapping to REST.
 */
export function canonicalize(input: object, defaults: Readonly<Record<string, unknown>> = {}): unknown {
  const given = input as Readonly<Record<string, unknown>>;
  const fields = Object.keys(given)
    .filter((name) => given[name] !== undefined && given[name] !== null && given[name] !== defaults[name])
    .sort()
    .map((name) => {
      const value = given[name];
      if (typeof value !== "object" || value === null) return [name, value];
      return [name, canonicalize(value, defaults[name] as Readonly<Record<string, unknown>> | undefined)];
    });
  return Object.fromEntries(fields);
}

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a response, which may repeat the input's text, so that a store reveals nothing of it. Only a request with the
 * same caller, idempotency key, and input has the key: exactly the one that may get the response again.
 */
export function sealResponse(response: unknown, sealKey: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, sealKey, nonce);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(response)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
}

/** Decrypts what {@link sealResponse} returned; undefined if it is damaged or was encrypted with another key. */
export function openResponse(sealedResponse: string, sealKey: Buffer): unknown {
  const bytes = Buffer.from(sealedResponse, "base64url");
  try {
    const decipher = createDecipheriv(algorithm, sealKey, bytes.subarray(0, nonceBytes));
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const opened = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
    return JSON.parse(opened.toString());
  } catch {
    return undefined;
  }
}
