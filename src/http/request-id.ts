import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";

const sanePattern = /^[A-Za-z0-9._-]{1,128}$/;

/** The caller's own `x-request-id` when it is harmless, else a new one. */
export function chooseRequestId({ headers }: Pick<IncomingMessage, "headers">): string {
  const given = headers["x-request-id"];
  return typeof given === "string" && sanePattern.test(given) ? given : randomUUID();
}
