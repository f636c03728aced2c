import type { IncomingMessage } from "node:http";
import { BearerToken } from "../auth/bearer-token.ts";
import { countHeader } from "./header-count.ts";

/** The request's bearer token; undefined unless there is exactly one well-formed `Authorization` header. */
export function readBearerToken(request: Pick<IncomingMessage, "headers" | "rawHeaders">): BearerToken | undefined {
  return countHeader(request, "authorization") === 1 ? BearerToken.parse(request.headers.authorization) : undefined;
}

// W3C Trace Context, section 3.2: version 00, and neither id all zeros.
const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's trace context, to be passed on unchanged; undefined when it is absent or malformed. */
export function readTraceparent({ headers }: Pick<IncomingMessage, "headers">): string | undefined {
  const { traceparent } = headers;
  return typeof traceparent === "string" && traceparentPattern.test(traceparent) ? traceparent : undefined;
}
