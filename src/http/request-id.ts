import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { containsCredentials } from "./caller-token.ts";

const validPattern = /^[A-Za-z0-9._-]{1,128}$/;

/** The caller's own `x-request-id` if it is valid and contains no credentials, else a new one. */
export function chooseRequestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  const isFit = typeof given === "string" && validPattern.test(given) && !containsCredentials(given, request);
  return isFit ? given : randomUUID();
}
