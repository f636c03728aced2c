import { hash } from "node:crypto";
import { type Caller, findKeyOwner } from "../auth/caller.ts";
import type { Claim } from "./idempotency-store.ts";

/** A write with an idempotency key. */
export interface KeyedWrite {
  readonly caller: Caller;
  /** The operation's name: the same key in another operation is another key. */
  readonly operation: string;
  readonly idempotencyKey: string;
  /** As the caller gave it, in canonical form; see {@link canonicalize}. */
  readonly input: unknown;
}

export interface DerivedClaim extends Claim {
  /** Digest of the caller's token. */
  readonly tokenDigest: string;
  /** Whether it is certain that the key belongs to the caller. */
  readonly isOwnerCertain: boolean;
}

// Part of every digest. A new version makes the records of older releases impossible to find, and with them the
// protection of requests that are retried across the rollout.
const version = 2;

/** Digests whose key it is, the operation, the key, and the input. */
export function deriveClaim({ caller, operation, idempotencyKey, input }: KeyedWrite): DerivedClaim {
  const { owner, isCertain } = findKeyOwner(caller);
  return {
    key: digest([owner, operation, idempotencyKey]),
    fingerprint: digest([owner, operation, idempotencyKey, input]),
    // The key is part of it, so that a store does not show which of its records have the same creator.
    tokenDigest: digest([caller.token.reveal(), idempotencyKey]),
    isOwnerCertain: isCertain,
  };
}

function digest(parts: readonly unknown[]): string {
  return hash("sha256", JSON.stringify([version, ...parts]), "base64url");
}

/**
 * The form in which inputs are compared: fields in alphabetical order, without those that are absent or equal to their
 * default. So it does not change when a release adds a field with a default or changes the mapping to REST. Lists keep
 * their order and their nulls.
 * @param keepsNulls whether a null field differs from an absent one, because it clears the field.
 */
export function canonicalize(input: unknown, defaults: unknown, keepsNulls: boolean): unknown {
  if (Array.isArray(input)) return input.map((item) => canonicalize(item, undefined, keepsNulls));
  if (typeof input !== "object" || input === null) return input;
  const defaultOf = (name: string) => (defaults as Readonly<Record<string, unknown>> | undefined)?.[name];
  const fields = Object.entries(input)
    .filter(([name, value]) => value !== undefined && (value !== null || keepsNulls) && value !== defaultOf(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, canonicalize(value, defaultOf(name), keepsNulls)]);
  return Object.fromEntries(fields);
}
