import { isNonEmptyString, isRecord } from "../text/json.ts";
import { type Secrets, toPlainText } from "./plain-text.ts";

/** The places where an error body may have its text: FastAPI's `detail`, then other common ones. */
export function listTexts(body: unknown): unknown[] {
  if (!isRecord(body)) return listMessages(body);
  return [...listMessages(body.detail), ...listMessages(body), ...listMessages(body.error)];
}

function listMessages(value: unknown): unknown[] {
  const first = Array.isArray(value) ? value[0] : value;
  return isRecord(first) ? [first.message, first.msg, first.error, first.detail] : [first];
}

/** The first candidate that is a text and can be shown. */
export function findText(candidates: readonly unknown[], secrets: Secrets): string | undefined {
  for (const candidate of candidates) {
    const text = isNonEmptyString(candidate) ? toPlainText(candidate, secrets) : undefined;
    if (text !== undefined) return text;
  }
  return undefined;
}
