import type { IncomingMessage } from "node:http";
import { BearerToken } from "../auth/bearer-token.ts";

/** The request's bearer token; undefined unless there is exactly one well-formed `Authorization` header. */
export function readBearerToken({
  headers,
  rawHeaders,
}: Pick<IncomingMessage, "headers" | "rawHeaders">): BearerToken | undefined {
  let count = 0;
  // node keeps only the first of several Authorization headers; the raw list alternates names and values.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === "authorization") count += 1;
  }
  return count === 1 ? BearerToken.parse(headers.authorization) : undefined;
}

// W3C Trace Context, section 3.2: version 00, and neither id all zeros.
const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's trace context, to be passed on unchanged; undefined when it is absent or malformed. */
export function readTraceparent({ headers }: Pick<IncomingMessage, "headers">): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === "string" && traceparentPattern.test(traceparent) ? traceparent : undefined;
}
