// A shorter token may be part of an ordinary word, so it is replaced only as a whole word.
const minTokenLength = 8;

/** Replaces a token in a text that is logged or passed on. */
export function replaceToken(text: string, token: string): string {
  if (token.length >= minTokenLength) return text.replaceAll(token, "[token]");
  return text.replace(new RegExp(`(?<![\\w.~+/=-])${RegExp.escape(token)}(?![\\w.~+/=-])`, "g"), "[token]");
}
