import { isIP } from "node:net";

// A dotted name is a host when it ends as hosts do: `webhook.sync_field` is none, `main.py` neither.
const hostEndings: ReadonlySet<string> = new Set(
  (
    "com net org edu gov mil int info biz io ai co app dev cloud run tech site online store xyz goog aws eu de fr nl ch " +
    "uk us se dk fi cz pl pt es ie ru cn jp kr br au nz za mx tv cc example test invalid arpa internal local " +
    "localhost localdomain svc cluster lan corp home intranet private"
  ).split(" "),
);
// Ends of three or more labels that are words rather than countries: `data.action.id`.
const wordEndings: ReadonlySet<string> = new Set(["id", "in", "is", "no", "to"]);

const label = "[\\p{L}\\p{N}_-]+";
const dottedPattern = new RegExp(`(?<![\\p{L}\\p{N}_-])(${label}(?:\\.${label})+)\\.?(:\\d[\\p{L}\\p{N}_.:-]*)?`, "gu");
const pathPattern = /\[host\]\/[^\s"'<>]*/g;
const bracketedPattern = /\[([0-9a-f:.%]{2,60})\](?::\d{1,5})?/gi;
const colonPattern = /(?<![\w:.])[0-9a-f:.]{2,60}(?![\w:])/gi;
// A single label is a host only with what can be nothing but a port: four or five digits.
const portPattern = /(?<![\w.@/-])[a-z][a-z0-9-]*:\d{4,5}\b/gi;
const localhostPattern = /\blocalhost\b(?::\d{1,5})?/gi;

/**
 * Replaces host names and addresses in a text, with their ports and paths.
 * @param ownHost the configured host, which is replaced even when it looks like a word.
 */
export function withoutHosts(text: string, ownHost: string): string {
  // Of one label, it may be a part of other words.
  const [before, after] = /[.:]/.test(ownHost) ? ["", ""] : ["(?<![\\w-])", "(?![\\w-])"];
  const own = new RegExp(`${before}${RegExp.escape(ownHost)}${after}(?::\\d{1,5})?`, "gi");
  return text
    .replace(own, "[host]")
    .replace(bracketedPattern, (found, inner: string) => (isIP(inner) === 6 ? "[host]" : found))
    .replace(colonPattern, (found) => {
      const address = found.replace(/[.:]$/, "");
      return isIP(address) === 6 || isIP(found) === 6 ? "[host]" : found;
    })
    .replace(dottedPattern, (found, name: string, port?: string) =>
      port !== undefined || isHost(name) ? "[host]" : found,
    )
    .replace(portPattern, "[host]")
    .replace(localhostPattern, "[host]")
    .replace(pathPattern, "[host]");
}

function isHost(name: string): boolean {
  if (/(?:\d{1,3}\.){3}\d/.test(name)) return true;
  const labels = name.toLowerCase().split(".");
  const last = labels.at(-1) ?? "";
  return hostEndings.has(last) || (labels.length > 2 && /^[a-z]{2}$/.test(last) && !wordEndings.has(last));
}
