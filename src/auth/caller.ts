import { hash } from "node:crypto";
import type { BearerToken } from "./bearer-token.ts";

/** The caller on whose behalf requests are sent to ContactSwing. */
export interface Caller {
  readonly token: BearerToken;
  /** What idempotency keys belong to: the verified issuer and subject, or else the token. Secret: never log or store it. */
  readonly owner: readonly ["subject" | "token", string];
  /** Digest of the owner, for counting a caller's requests. */
  readonly id: string;
}

/** @param subject JSON text of the token's `[issuer, subject]`, if this service has verified it. */
export function createCaller(token: BearerToken, subject: string | undefined): Caller {
  const owner = subject === undefined ? (["token", token.reveal()] as const) : (["subject", subject] as const);
  return { token, owner, id: hash("sha256", JSON.stringify(owner), "base64url") };
}
