import type { BearerToken } from "../auth/bearer-token.ts";
import { replaceToken } from "../auth/replace-token.ts";

const maxLength = 100;

/** A name that the caller chose, for log lines and spans: without the token, and at most 100 characters of it. */
export function toLoggedName(name: string, token: BearerToken | undefined): string {
  return (token === undefined ? name : replaceToken(name, token.reveal())).slice(0, maxLength);
}
