import { createHash } from "node:crypto";
import type { Caller } from "../contactswing/client.ts";
import type { Claim } from "./idempotency-store.ts";

/** A claim, and the key that its answer is sealed with, which no store ever sees. */
export interface DerivedClaim extends Claim {
  readonly sealKey: Buffer;
}

// Changed when the sealed answer's form or the digests' does: records of another version are then not found.
const version = 1;

/**
 * Digests the caller, the idempotency key and the input. A key belongs to the caller: to the verified issuer and subject
 * when they are known, so that a refreshed token keeps its keys, else to the token.
 * @param input what is sent to ContactSwing: defaults applied, nothing absent or null, always in the same order.
 */
export function deriveClaim(caller: Caller, idempotencyKey: string, input: object): DerivedClaim {
  const { verifiedSubject, token } = caller;
  const owner = verifiedSubject === undefined ? ["token", token.reveal()] : ["subject", verifiedSubject];
  const key = createHash("sha256").update(JSON.stringify([version, owner, idempotencyKey]));
  // Two digests in one: neither half says anything of the other.
  const halves = createHash("sha512")
    .update(JSON.stringify([version, owner, idempotencyKey, input]))
    .digest();
  return {
    key: key.digest("base64url"),
    fingerprint: halves.subarray(0, 32).toString("base64url"),
    sealKey: halves.subarray(32),
  };
}
