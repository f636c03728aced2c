import { describeError, readErrorType } from "./describe-error.ts";
import { isSecretName, redactedText } from "./secret-names.ts";

const maxDepth = 5;

/**
 * A copy of what is to be logged in which, at any depth, every error is its description and every field whose name
 * says that it is secret is masked. What lies deeper than log lines ever do is left out.
 */
export function narrowFields(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return describeError(value);
  if (depth > maxDepth) return "[too deep]";
  // A type that says how it is written, such as the opaque token, is asked; its answer is looked through as well.
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return narrowFields(toJSON.call(value), depth + 1);
  if (Array.isArray(value)) return value.map((entry) => narrowFields(entry, depth + 1));
  if (isNarrow(value)) return value;
  const narrow: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value)) {
    narrow[key] = isSecretName(key) ? redactedText : narrowFields(entry, depth + 1);
  }
  return narrow;
}

/** Whether there is nothing to look through or to mask, as in every line of a request. */
function isNarrow(fields: object): boolean {
  for (const [key, value] of Object.entries(fields)) {
    if ((typeof value === "object" && value !== null) || isSecretName(key)) return false;
  }
  return true;
}

/**
 * The arguments of a log call without any error in them. pino takes the message of an error that is logged without
 * one, and so would a `%s`.
 */
export function narrowArguments([first, ...others]: readonly unknown[]): unknown[] {
  const rest = others.map((value) => (value instanceof Error ? readErrorType(value) : narrowFields(value)));
  if (first instanceof Error) return [{ error: describeError(first) }, ...(rest.length > 0 ? rest : ["error"])];
  return [narrowFields(first), ...rest];
}
