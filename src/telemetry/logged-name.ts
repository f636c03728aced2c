import type { BearerToken } from "../auth/bearer-token.ts";
import { replaceToken } from "../auth/replace-token.ts";

const maxLength = 100;
// Letters, marks, numbers, punctuation, symbols, and the space: nothing that moves a terminal's cursor or hides text.
const unprintablePattern = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/** A name that the caller chose, for log lines and spans: printable, without the token, and at most 100 characters of it. */
export function toLoggedName(name: string, token: BearerToken | undefined): string {
  const printable = name.replace(unprintablePattern, "?");
  return (token === undefined ? printable : replaceToken(printable, token.reveal())).slice(0, maxLength);
}
