import type { IncomingMessage } from "node:http";
import { BearerToken } from "../auth/bearer-token.ts";

type Headers = Pick<IncomingMessage, "headers" | "rawHeaders">;

/** The request's bearer token; undefined unless there is exactly one well-formed `Authorization` header. */
export function readBearerToken(request: Headers): BearerToken | undefined {
  return countHeader(request, "authorization") === 1 ? BearerToken.parse(request.headers.authorization) : undefined;
}

/** How often a header was sent. For some headers Node.js keeps only the first; the raw list alternates names and values. */
export function countHeader({ rawHeaders }: Pick<IncomingMessage, "rawHeaders">, name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) count += 1;
  }
  return count;
}
