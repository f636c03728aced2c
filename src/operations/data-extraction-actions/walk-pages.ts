import { type Position, startPosition } from "./cursor.ts";
import type { ListedAction, Page, PageRequest } from "./rest.ts";

/** One field requests at most this many pages. */
export const maxPageRequests = 10;

export interface Match {
  readonly action: ListedAction;
  /** The position behind this action. */
  readonly next: Position;
}

export interface Walk {
  readonly matches: readonly Match[];
  readonly hasNextPage: boolean;
  /** Where to continue; undefined if nothing was found and nothing is left. */
  readonly end: Position | undefined;
}

export type FetchPage = (request: PageRequest) => Promise<Page | "too-large">;

/**
 * Collects the next `first` data extraction actions from numbered pages that hold all kinds of actions. While nothing
 * changes upstream, consecutive walks return every action exactly once and in order. A walk requests no page that
 * `first` does not require, and at most {@link maxPageRequests}.
 */
export async function walkPages(first: number, start: Position | undefined, fetchPage: FetchPage): Promise<Walk> {
  const matches: Match[] = [];
  let position = start ?? startPosition;
  const finish = (hasNextPage: boolean): Walk => ({ matches, hasNextPage, end: matches.at(-1)?.next });

  for (let requests = 0; requests < maxPageRequests; requests += 1) {
    const pageNumber = toPageNumber(position);
    const page = await fetchPage({ page: pageNumber, pageSize: position.requestedSize });
    if (page === "too-large") {
      position = { ...position, requestedSize: 10, appliedSize: 10 };
      continue;
    }
    position = { ...position, appliedSize: page.pageSize };
    // ContactSwing applied a different page size, with which the row is on another page.
    if (toPageNumber(position) !== pageNumber) continue;

    const firstRow = (pageNumber - 1) * page.pageSize;
    const nextPage: Position = { ...position, row: firstRow + page.pageSize };
    for (const [index, action] of page.rows.entries()) {
      if (firstRow + index < position.row || action === null) continue;
      // One more match than requested: there is a next page.
      if (matches.length === first) return finish(true);
      const isLastRow = index === page.rows.length - 1;
      matches.push({ action, next: isLastRow && page.hasNext ? nextPage : { ...position, row: firstRow + index + 1 } });
    }
    if (!page.hasNext) return finish(false);
    if (matches.length === first) return finish(true);
    position = nextPage;
  }
  return { matches, hasNextPage: true, end: position };
}

function toPageNumber({ row, appliedSize }: Position): number {
  return Math.floor(row / appliedSize) + 1;
}
