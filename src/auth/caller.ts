import { hash } from "node:crypto";
import type { BearerToken } from "./bearer-token.ts";

/** Issuer and subject of a token (RFC 7519, sections 4.1.1 and 4.1.2). */
export interface Subject {
  readonly issuer: string | null;
  readonly subject: string;
}

/** The caller on whose behalf requests are sent to ContactSwing. */
export interface Caller {
  readonly token: BearerToken;
  /** Whether this service has verified the token. */
  readonly isVerified: boolean;
  /** Of the verified token, if it has one. */
  readonly subject: Subject | undefined;
  /** Digest of the verified subject, or else of the token: identifies the caller for shares and for the breaker. */
  readonly id: string;
}

/** A caller whose token ContactSwing alone can verify. */
export function createCaller(token: BearerToken): Caller {
  return { token, isVerified: false, subject: undefined, id: digest(token.reveal()) };
}

export function createVerifiedCaller(token: BearerToken, subject: Subject | undefined): Caller {
  return { token, isVerified: true, subject, id: digest(subject ?? token.reveal()) };
}

/** The owner of idempotency keys. Secret if it is a token: never log or store it. */
export interface KeyOwner {
  readonly owner: Subject | string;
  /** Whether the owner is verified. If not, ContactSwing must accept the token before a replay. */
  readonly isCertain: boolean;
}

/**
 * The verified subject, or the one that the token claims if nothing has verified it, so that a refreshed token keeps its
 * keys; without a subject the token itself.
 */
export function findKeyOwner({ token, isVerified, subject }: Caller): KeyOwner {
  const claimed = isVerified ? undefined : readClaimedSubject(token.reveal());
  return { owner: subject ?? claimed ?? token.reveal(), isCertain: claimed === undefined };
}

/** The subject of a token's claims; undefined unless it is a non-empty string. */
export function toSubject({ iss, sub }: { readonly iss?: unknown; readonly sub?: unknown }): Subject | undefined {
  if (typeof sub !== "string" || sub === "") return undefined;
  return { issuer: typeof iss === "string" ? iss : null, subject: sub };
}

/** Reads the subject of a JSON Web Token without verifying it; undefined for any other token. */
function readClaimedSubject(token: string): Subject | undefined {
  const [header, claims, ...others] = token.split(".").map(decodePart);
  return header && claims && others.length === 1 ? toSubject(claims) : undefined;
}

function decodePart(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function digest(value: unknown): string {
  return hash("sha256", JSON.stringify(value), "base64url");
}
