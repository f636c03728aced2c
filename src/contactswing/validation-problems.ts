import type { FieldError } from "../failures/failure.ts";
import { limits } from "../limits.ts";
import { isRecord } from "../text/json.ts";
import { findText } from "./error-text.ts";
import { type Secrets, toPlainText } from "./plain-text.ts";
import type { Translator } from "./translator.ts";

const { upstreamFields: maxFieldErrors } = limits.errors;

/** One entry of pydantic's validation list. Version 1 has only these three fields; the others are never passed on. */
export interface ValidationProblem {
  readonly loc: readonly (string | number)[];
  readonly msg: unknown;
  readonly type: unknown;
}

/** FastAPI's list of what is wrong with a request; empty if the body has none. */
export function readValidationProblems(body: unknown): ValidationProblem[] {
  if (!isRecord(body) || !Array.isArray(body.detail)) return [];
  return body.detail.slice(0, maxFieldErrors).flatMap((entry: unknown) => {
    if (!isRecord(entry) || !Array.isArray(entry.loc)) return [];
    const loc = entry.loc.filter((part) => typeof part === "string" || typeof part === "number");
    return [{ loc, msg: entry.msg, type: entry.type }];
  });
}

/** Whether a validation list is about the token, as some versions of FastAPI report a missing one. */
export function isAboutHeader(problems: readonly ValidationProblem[]): boolean {
  return problems.some(({ loc }) => loc[0] === "header");
}

/** The problem in the names of the GraphQL schema. */
export function toFieldError(
  { loc, msg, type }: ValidationProblem,
  translator: Translator,
  secrets: Secrets,
): FieldError {
  const message = findText([msg], secrets) ?? "ContactSwing rejected this value.";
  return { path: translator.toPath(loc), message: translator.toMessage(message), rule: readRule(type, secrets) };
}

/** pydantic's name of the broken rule, such as `string_too_short` or `value_error.missing`. */
function readRule(type: unknown, secrets: Secrets): string {
  const isName = typeof type === "string" && /^[\w.-]{1,64}$/.test(type) && toPlainText(type, secrets) === type;
  return isName ? type : "upstream";
}
