import { withoutHosts } from "./without-hosts.ts";

const maxCharacters = 500;

export interface Secrets {
  /** The caller's token, in clear. */
  readonly token: string;
  /** Host name of the configured ContactSwing, without port. */
  readonly host: string;
}

// Every pattern here and in without-hosts.ts looks at a character a bounded number of times: texts may be as long as an
// answer. Python, JavaScript and the JVM, Go.
const stackPattern =
  /Traceback \(most recent call last\)|\bFile "[^"\n]{1,120}", line \d|\bat (?:[^\s(]{1,100} ?\([^)\n]{1,120}:\d+\)|(?:file:|\/|[A-Za-z]:\\)[^\s(]{1,120}:\d)|\bgoroutine \d+ \[/;
const pagePattern = /^\s*<[!?a-z]/i;
const markupPattern =
  /<\/[a-z][a-z0-9]{0,30} {0,9}>|<(?:!doctype|html|head|body|script|style|iframe|img|svg|div|span|h[1-6]|title|center|br)\b/i;

const jwtPattern = /\beyJ[\w-]{5,}(?:\.[\w-]*)*/g;
// "bearer token" and "bearer authentication" are words about tokens.
const bearerPattern = /\bbearer[\s:=]+(?!tokens?\b|auth|scheme|header)[^\s,;"']+/gi;
// Control characters, and those that hide or turn what stands next to them.
const invisiblePattern = /[\s\p{Cc}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069]+/gu;

// Anything shorter may be part of a word: it is taken out only where it stands alone.
const shortestToken = 8;

/** Takes the caller's token out of a text. */
export function withoutToken(text: string, token: string): string {
  if (token.length >= shortestToken) return text.replaceAll(token, "[token]");
  return text.replace(new RegExp(`(?<![\\w.~+/=-])${RegExp.escape(token)}(?![\\w.~+/=-])`, "g"), "[token]");
}

/** Whether an answer is a web page, as Cloud Run's front end sends it, whatever its content type says. */
export function isMarkup(contentType: string, body: string): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(contentType) || pagePattern.test(body);
}

/**
 * Makes ContactSwing's text fit to be shown: one line, no control characters, at most 500 characters (code points),
 * no token, link or host. Undefined when nothing is left, and for stack traces and markup. Takes time in proportion to
 * the text's length.
 */
export function toPlainText(text: string, secrets: Secrets): string | undefined {
  if (stackPattern.test(text) || pagePattern.test(text) || markupPattern.test(text)) return undefined;
  const scrubbed = withoutHosts(
    withoutLinks(withoutToken(text, secrets.token)).replace(jwtPattern, "[token]").replace(bearerPattern, "[token]"),
    secrets.host,
  );
  const plain = scrubbed.replace(invisiblePattern, " ").trim().toWellFormed();
  return plain === "" ? undefined : shorten(plain);
}

/** At most 500 characters of a text, the last one an ellipsis when there were more. */
export function shorten(text: string): string {
  if (text.length <= maxCharacters) return text;
  // A character takes one or two UTF-16 units.
  const characters = Array.from(text.slice(0, 2 * maxCharacters + 2));
  return characters.length <= maxCharacters ? text : `${characters.slice(0, maxCharacters - 1).join("")}…`;
}

/** Replaces each URL, from its scheme to the next space, quote or angle bracket. */
function withoutLinks(text: string): string {
  const parts = text.split("://");
  return parts
    .map((part, index) => {
      const start = index === 0 ? 0 : part.search(/[\s"'<>]|$/);
      const end = index === parts.length - 1 ? part.length : findScheme(part);
      return part.slice(start, Math.max(start, end));
    })
    .join("[link]");
}

/** Where the scheme begins that a text ends in. */
function findScheme(text: string): number {
  let start = text.length;
  while (/[a-z0-9+.-]/i.test(text.charAt(start - 1))) start -= 1;
  return start;
}
