// From contactswing-bff 0.1.0 (a38035d1): docs/clients/session.ts. What changes is in docs/changelog.md.
import type { Failure } from "./read-failure";

/** The interface to the sign-in of the application. */
export interface Session {
  /** The current access token. */
  getToken(): string;
  /** Replaces a token that is no longer accepted. Rejects if the user has to sign in. */
  refreshToken(): Promise<void>;
}

/**
 * Whether a request is to be sent once more with a new token. Every failure is a response with the status 200, so the
 * status cannot tell. After `CREATED` only details are missing, and sending the request again could create another action.
 */
export function needsNewToken(failure: Failure | undefined): boolean {
  return failure?.code === "UNAUTHENTICATED" && failure.outcome !== "CREATED";
}
