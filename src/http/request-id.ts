import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { readBearerToken } from "../auth/bearer-token.ts";

const validPattern = /^[A-Za-z0-9._-]{1,128}$/;

/** The caller's own `x-request-id` if it is valid and does not contain the token, else a new one. */
export function chooseRequestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  if (typeof given !== "string" || !validPattern.test(given)) return randomUUID();
  const token = readBearerToken(request)?.reveal();
  return token !== undefined && given.includes(token) ? randomUUID() : given;
}
