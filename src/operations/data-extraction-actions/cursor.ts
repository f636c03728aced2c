import type { PageSize } from "./rest.ts";

/**
 * A position in ContactSwing's list. A cursor is the position behind its row, so it works in any process and survives a
 * restart.
 */
export interface Position {
  /** The row to look at next, counted from 0 over all pages. */
  readonly row: number;
  /** The page size to request. */
  readonly requestedSize: PageSize;
  /** The page size that ContactSwing applied to that request before; it may be smaller. */
  readonly appliedSize: number;
}

export const startPosition: Position = { row: 0, requestedSize: 100, appliedSize: 100 };

const version = 1;
const pattern = /^1:(\d{1,12}):(100|10):([1-9]\d{0,11})$/;

export function encodeCursor({ row, requestedSize, appliedSize }: Position): string {
  return Buffer.from([version, row, requestedSize, appliedSize].join(":")).toString("base64url");
}

/** The position of a cursor of this field; undefined for any other text. */
export function decodeCursor(cursor: string): Position | undefined {
  const [, row, requestedSize, appliedSize] = pattern.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (requestedSize === undefined) return undefined;
  const position: Position = {
    row: Number(row),
    requestedSize: requestedSize === "100" ? 100 : 10,
    appliedSize: Number(appliedSize),
  };
  // Only the canonical form: decoding base64 ignores what it does not know.
  return encodeCursor(position) === cursor ? position : undefined;
}
