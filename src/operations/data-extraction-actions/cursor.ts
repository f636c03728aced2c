import type { PageSize } from "./operation.ts";

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

const pattern = /^([12]):(\d{1,12}):(100|10):([1-9]\d{0,11})(?::([\w-]+))?$/;

/** @param filterTag identifies the filter that the cursor belongs to; undefined without one. */
export function encodeCursor({ row, requestedSize, appliedSize }: Position, filterTag: string | undefined): string {
  const position = [row, requestedSize, appliedSize];
  const parts = filterTag === undefined ? [1, ...position] : [2, ...position, filterTag];
  return Buffer.from(parts.join(":")).toString("base64url");
}

/** The position of a cursor of this field with this filter; undefined for any other text. */
export function decodeCursor(cursor: string, filterTag: string | undefined): Position | undefined {
  const [, , row, requestedSize, appliedSize] = pattern.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (requestedSize === undefined) return undefined;
  const position: Position = {
    row: Number(row),
    requestedSize: requestedSize === "100" ? 100 : 10,
    appliedSize: Number(appliedSize),
  };
  // Only the canonical form, with the same filter: decoding base64 ignores what it does not know.
  return encodeCursor(position, filterTag) === cursor ? position : undefined;
}
