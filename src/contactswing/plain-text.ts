const maxCharacters = 500;
// Bounds the work of the patterns below; what lies beyond is cut off anyway.
const maxExaminedLength = 4000;

export interface Secrets {
  /** The caller's token, in clear. */
  readonly token: string;
  /** Host name of the configured ContactSwing, without port. */
  readonly host: string;
}

// A dotted name counts as a host only with a well-known ending: `webhook.sync_field` is none.
const hostEndings = "com|net|org|io|app|dev|ai|co|cloud|internal|local|localhost|svc|run|goog";
const replacements: readonly (readonly [RegExp, string])[] = [
  [/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, "[link]"],
  [/\beyJ[\w-]+\.[\w.-]*/g, "[token]"],
  [/\bbearer +\S+/gi, "[token]"],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, "[host]"],
  [/\[[0-9a-f:]*:[0-9a-f:]+\](?::\d+)?/gi, "[host]"],
  [new RegExp(`\\b(?:[a-z0-9-]+\\.)+(?:${hostEndings})\\b(?::\\d+)?`, "gi"), "[host]"],
  [/\blocalhost\b(?::\d+)?/gi, "[host]"],
];

const stackPattern = /Traceback \(most recent call last\)|\bFile "[^"]+", line \d+|\n\s+at \S+ ?\(/;
const markupPattern = /^\s*(?:<!doctype|<html|<head|<body|<\?xml)/i;

// Anything shorter is a word, not a secret: taking it out would only garble the text.
const shortestToken = 8;

/** Takes every occurrence of the caller's token out of a text. */
export function withoutToken(text: string, token: string): string {
  return token.length < shortestToken ? text : text.replaceAll(token, "[token]");
}

/** Whether an answer is a web page, as Cloud Run's front end sends it, whatever its content type says. */
export function isMarkup(contentType: string, body: string): boolean {
  return (
    /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(contentType) || markupPattern.test(body.replace(/^\uFEFF/, ""))
  );
}

/**
 * Makes ContactSwing's text fit to be shown: one line, no control characters, at most 500 characters (code points),
 * no token, link or host. Undefined when nothing is left, and for stack traces and markup.
 */
export function toPlainText(text: string, secrets: Secrets): string | undefined {
  let plain = withoutToken(text, secrets.token).slice(0, maxExaminedLength);
  if (stackPattern.test(plain) || isMarkup("", plain)) return undefined;
  if (secrets.host !== "") plain = plain.replaceAll(secrets.host, "[host]");
  for (const [pattern, replacement] of replacements) plain = plain.replace(pattern, replacement);
  plain = plain.replace(/[\s\p{Cc}\u202a-\u202e\u2066-\u2069]+/gu, " ").trim();
  const characters = Array.from(plain);
  if (characters.length > maxCharacters) plain = `${characters.slice(0, maxCharacters - 1).join("")}…`;
  return plain === "" ? undefined : plain;
}
