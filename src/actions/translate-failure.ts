import type { FieldError, RestProblem } from "../failures/failure.ts";
import { graphFields, graphWords } from "./rest-mapping.ts";

/** The argument of a GraphQL field that a REST call's fields come from: a create's `input`, a read's `id`. */
export type Argument = "input" | "id";

/**
 * Turns a pydantic `loc` into a path of the graph's input types: the longest prefix that exists there. List indexes,
 * union tags, byte offsets of broken JSON and unknown names end it; a location in the REST path is the argument `id`,
 * as is everything of a read, which has no other.
 */
export function toGraphPath(location: readonly (string | number)[], argument: Argument): string[] {
  const [head, ...rest] = location;
  if (head === "path" || argument === "id") return ["id"];
  const path: string[] = [argument];
  let fields = graphFields;
  for (const part of head === "body" ? rest : location) {
    const field = fields.get(String(part));
    if (field === undefined) break;
    path.push(field.name);
    fields = field.fields;
  }
  return path;
}

const restWordPattern = new RegExp(
  [...graphWords.keys()]
    // `yes/no/maybe` is another word, `sync_field/sync_module` two of them.
    .map((word) => (word.includes("/") ? `(?<![\\w/])${word}(?![\\w/])` : `(?<!\\w)${word}(?!\\w)`))
    .join("|"),
  "g",
);

/** Replaces the REST API's names and values in a message by the graph's: `sync_field` → `syncField`, `yes/no` → `YES_NO`. */
export function toGraphWords(message: string): string {
  return message.replace(restWordPattern, (word) => graphWords.get(word) ?? word);
}

/** Turns an entry of ContactSwing's validation list into the graph's language. */
export function toFieldError({ location, message, rule }: RestProblem, argument: Argument): FieldError {
  return { path: toGraphPath(location, argument), message: toGraphWords(message), rule };
}
