import type { IncomingMessage } from "node:http";
import { BearerToken } from "../auth/bearer-token.ts";
import { listHeader } from "./list-header.ts";

/** The request's bearer token; undefined unless there is exactly one well-formed `Authorization` header. */
export function readBearerToken(request: IncomingMessage): BearerToken | undefined {
  const values = listHeader(request, "authorization");
  return values.length === 1 ? BearerToken.parse(values[0]) : undefined;
}

/** Whether a text contains one of the request's credentials, also of those that are not a well-formed bearer token. */
export function containsCredentials(text: string, request: IncomingMessage): boolean {
  const words = listHeader(request, "authorization").flatMap((value) => value.split(/[\s,]+/));
  return words.some((word) => word !== "" && !/^bearer$/i.test(word) && text.includes(word));
}

/** Whether the request has credentials that could not be parsed, so that any part of them may be secret. */
export function hasUnreadableToken({ headers }: IncomingMessage, token: BearerToken | undefined): boolean {
  return token === undefined && headers.authorization !== undefined;
}
