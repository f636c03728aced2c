import { RequestFailure } from "../failures/failure.ts";
import type { RequestRecord } from "../request/request-record.ts";
import type { BearerToken } from "./bearer-token.ts";
import { type Caller, createCaller, createVerifiedCaller } from "./caller.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/**
 * Returns a function that creates, for each request, the function that checks its token once and returns its caller.
 * @param rejectedToken is never forwarded: the sandbox's demo token in front of the real ContactSwing.
 * @param verifier undefined if only ContactSwing verifies tokens.
 */
export function createAuthentication(rejectedToken: string | undefined, verifier: TokenVerifier | undefined) {
  // A suffix tells the sandbox which failure to play.
  const isRejected = (token: string) =>
    rejectedToken !== undefined && (token === rejectedToken || token.startsWith(`${rejectedToken}.`));

  async function findCaller(token: BearerToken | undefined, record: RequestRecord): Promise<Caller> {
    if (token === undefined) throw new RequestFailure({ kind: "token-missing" });
    if (isRejected(token.reveal())) throw new RequestFailure({ kind: "token-invalid" });
    if (verifier === undefined) return createCaller(token);
    const verification = await verifier.verify(token.reveal());
    if (verification.kind === "verified") return createVerifiedCaller(token, verification.subject);
    if (verification.kind === "keys-unavailable") {
      throw new RequestFailure({ kind: "keys-unavailable", retryAfterSeconds: 1 });
    }
    record.tokenProblem = verification.reason;
    throw new RequestFailure({ kind: "token-invalid" });
  }

  return (token: BearerToken | undefined, record: RequestRecord): (() => Promise<Caller>) => {
    let caller: Promise<Caller> | undefined;
    return () => {
      caller ??= findCaller(token, record);
      return caller;
    };
  };
}
