// From contactswing-bff 0.1.0 (0b790351): docs/clients/session.ts. What changes is in docs/changelog.md.
import type { Failure } from "./read-failure";

/** The interface to the sign-in of the application: a new object after each sign-in, and the same one until the next. */
export interface Session {
  /** Whose session it is, such as the subject of the tokens: an idempotency key belongs to one user. */
  readonly user: string;
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

/**
 * Replaces the token once, however many requests need it.
 * @returns a function that takes the token that was rejected, and says whether there is another one.
 */
export function createTokenRefresh(session: Session): (rejectedToken: string) => Promise<boolean> {
  let pending: Promise<boolean> | undefined;
  return async (rejectedToken) => {
    // A request that was sent later has replaced it.
    if (session.getToken() !== rejectedToken) return true;
    pending ??= session
      .refreshToken()
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };
}
