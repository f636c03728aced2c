import { replaceToken } from "../auth/replace-token.ts";
import { truncate } from "../text/truncate.ts";

/** What must not appear in a text that is passed on. */
export interface Secrets {
  /** The caller's token in cleartext. */
  readonly token: string;
  /** Host name of the configured ContactSwing, without port. */
  readonly host: string;
}

// Every pattern looks at each character a bounded number of times, because a text may be as long as a response.
// Stack traces of Python, of JavaScript and the JVM, and of Go.
const stackPattern =
  /Traceback \(most recent call last\)|\bFile "[^"\n]{1,120}", line \d|\bat (?:[^\s(]{1,100}\([^)\n]{1,120}:\d+\)|[^\s(]{1,100} \([^)\n]{0,120}[^\d\s)]\d{0,9}:\d+:\d+\)|(?:file:|\/|[A-Za-z]:\\)[^\s(]{1,120}:\d)|\bgoroutine \d+ \[/;
const pagePattern = /^\s*<[!?a-z]/i;
const markupPattern =
  /<\/[a-z][a-z0-9]{0,30} {0,9}>|<(?:!doctype|html|head|body|script|style|iframe|img|svg|div|span|h[1-6]|title|center|br)\b/i;

const jwtPattern = /\beyJ[\w-]{5,}(?:\.[\w-]*)*/g;
// "bearer token" and "bearer authentication" are ordinary words.
const bearerPattern =
  /\bbearer[\s:=]+(?!(?:tokens?|auth(?:entication|orization)?|schemes?|headers?)(?![\w~+/=-]|\.\w))[^\s,;"']+/gi;
// Control characters, and characters that hide or reorder their neighbours.
const invisiblePattern = /[\s\p{Cc}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069]+/gu;

/** Whether a response is an HTML page, as Cloud Run's front end sends it, whatever its content type says. */
export function isHtml({ contentType, body }: { readonly contentType: string; readonly body: string }): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(contentType) || pagePattern.test(body);
}

/**
 * Makes a text of ContactSwing safe to show: one line of at most 500 characters, with the token, credentials, URLs, and
 * the configured host replaced. Undefined for stack traces and markup, and if nothing is left.
 */
export function toPlainText(text: string, { token, host }: Secrets): string | undefined {
  if (stackPattern.test(text) || pagePattern.test(text) || markupPattern.test(text)) return undefined;
  const withoutCredentials = replaceToken(text, token).replace(jwtPattern, "[token]").replace(bearerPattern, "[token]");
  const plain = replaceHost(replaceUrls(withoutCredentials), host).replace(invisiblePattern, " ").trim().toWellFormed();
  return plain === "" ? undefined : truncate(plain);
}

/** Replaces each URL, from its scheme to the next space, quote, or angle bracket. Linear, unlike a regular expression. */
function replaceUrls(text: string): string {
  const parts = text.split("://");
  return parts
    .map((part, index) => {
      const start = index === 0 ? 0 : part.search(/[\s"'<>]|$/);
      const end = index === parts.length - 1 ? part.length : findSchemeStart(part);
      return part.slice(start, Math.max(start, end));
    })
    .join("[link]");
}

function findSchemeStart(text: string): number {
  let start = text.length;
  while (/[a-z0-9+.-]/i.test(text.charAt(start - 1))) start -= 1;
  return start;
}

/** Replaces the configured host with its port and path. A longer label, or a name that only ends in the host, stays. */
function replaceHost(text: string, host: string): string {
  const pattern = `(?<![\\w.-])${RegExp.escape(host)}(?::\\d{1,5})?(?:/[^\\s"'<>]*)?(?![\\w-])`;
  return text.replace(new RegExp(pattern, "gi"), "[host]");
}
