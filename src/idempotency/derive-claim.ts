import { createHash } from "node:crypto";
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
