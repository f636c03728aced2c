import type { FieldError, RestProblem } from "../failures/failure.ts";
import { graphFields, graphWords } from "./rest-mapping.ts";

const argumentOfBody = "input";
const argumentOfPath = "id";

/**
 * Turns a pydantic `loc` into a path of the graph's input types: the longest prefix that exists there. List indexes,
 * union tags, byte offsets of broken JSON and unknown names end it; a location in the REST path is the argument `id`.
 */
export function toGraphPath(location: readonly (string | number)[]): string[] {
  const [head, ...rest] = location;
  if (head === "path") return [argumentOfPath];
  const path = [argumentOfBody];
  let fields = graphFields;
  for (const part of head === "body" ? rest : location) {
    const field = fields.get(String(part));
    if (field === undefined) break;
    path.push(field.name);
    fields = field.fields as typeof graphFields;
  }
  return path;
}

const restWordPattern = new RegExp(
  `(?<![\\w/])(?:${[...graphWords.keys()].map((word) => word.replace("/", "\\/")).join("|")})(?![\\w/])`,
  "g",
);

/** Replaces the REST API's names and values in a message by the graph's: `sync_field` → `syncField`, `yes/no` → `YES_NO`. */
export function toGraphWords(message: string): string {
  return message.replace(restWordPattern, (word) => graphWords.get(word) ?? word);
}

/** Turns an entry of ContactSwing's validation list into the graph's language. */
export function toFieldError({ location, message, rule }: RestProblem): FieldError {
  return { path: toGraphPath(location), message: toGraphWords(message), rule };
}
