import type { IncomingMessage } from "node:http";
import type { TokenVerifier } from "../auth/token-verifier.ts";
import type { Caller } from "../contactswing/client.ts";
import { CallFailure } from "../failures/failure.ts";
import type { OperationRecord } from "../telemetry/operation-record.ts";
import { readBearerToken } from "./credentials.ts";

export interface AuthenticationDependencies {
  /** A token that is never passed on. */
  readonly refusedToken: string | undefined;
  /** Absent when tokens are ContactSwing's business alone. */
  readonly verifier: TokenVerifier | undefined;
  /** Told of every caller whose request may go on to ContactSwing. */
  readonly onCaller: (caller: Caller, record: OperationRecord) => void;
}

/**
 * Gives each request the one way to its caller: asked for as often as need be, it looks at the token once.
 * @returns per request a function that throws CallFailure when there is no caller to act for.
 */
export function createAuthentication({ refusedToken, verifier, onCaller }: AuthenticationDependencies) {
  async function findCaller(message: IncomingMessage, requestId: string, record: OperationRecord): Promise<Caller> {
    const token = readBearerToken(message);
    if (token === undefined || token.reveal() === refusedToken) throw new CallFailure({ kind: "token-missing" });
    const verification = await verifier?.verify(token.reveal());
    if (verification !== undefined && verification.kind !== "verified") {
      record.tokenProblem = verification.reason;
      throw new CallFailure({ kind: verification.kind === "refused" ? "token-invalid" : "keys-unavailable" });
    }
    const caller: Caller = {
      token,
      requestId,
      traceparent: record.traceparent,
      ...(verification?.subject === undefined ? {} : { verifiedSubject: verification.subject }),
    };
    onCaller(caller, record);
    return caller;
  }

  return (message: IncomingMessage, requestId: string, record: OperationRecord): (() => Promise<Caller>) => {
    let caller: Promise<Caller> | undefined;
    return () => {
      caller ??= findCaller(message, requestId, record);
      return caller;
    };
  };
}
