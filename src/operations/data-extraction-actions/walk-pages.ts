import { limits } from "../../limits.ts";
import type { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";
import { type Position, startPosition } from "./cursor.ts";
import type { Page, PageRequest, Row } from "./operation.ts";

const { pageRequests: maxPageRequests } = limits.list;

export interface Match {
  readonly action: DataExtractionAction;
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

/** Whether an action is to be returned; undefined if no more details may be requested to find out. */
export type Matches = (action: DataExtractionAction) => boolean | undefined | Promise<boolean | undefined>;

/**
 * Collects the next `first` matching actions from numbered pages that hold all kinds of actions. While nothing changes
 * upstream, consecutive walks return every one exactly once and in order. A walk requests no page that `first` does not
 * require, and at most ten.
 */
export async function walkPages(
  first: number,
  start: Position | undefined,
  fetchPage: FetchPage,
  matches: Matches = () => true,
): Promise<Walk> {
  const found: Match[] = [];
  let position = start ?? startPosition;
  const finish = (hasNextPage: boolean): Walk => ({ matches: found, hasNextPage, end: found.at(-1)?.next });

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
    let index = Math.max(0, position.row - firstRow);
    while (index < page.rows.length) {
      // Once there are enough, one more match says that there is a next page, unless ContactSwing says so itself.
      if (found.length === first && page.hasNext) return finish(true);
      const rows = takeCandidates(page.rows.slice(index), Math.max(1, first - found.length));
      const verdicts = await Promise.all(rows.map((row) => (row === null ? false : matches(row))));
      for (const [offset, row] of rows.entries()) {
        const here: Position = { ...position, row: firstRow + index + offset };
        if (verdicts[offset] === undefined) return { matches: found, hasNextPage: true, end: here };
        if (row === null || !verdicts[offset]) continue;
        if (found.length === first) return finish(true);
        const isLastRow = index + offset === page.rows.length - 1;
        found.push({ action: row, next: isLastRow && page.hasNext ? nextPage : { ...here, row: here.row + 1 } });
      }
      index += rows.length;
    }
    if (!page.hasNext) return finish(false);
    if (found.length === first) return finish(true);
    position = nextPage;
  }
  return { matches: found, hasNextPage: true, end: position };
}

/** The first rows, up to the given number of data extraction actions. */
function takeCandidates(rows: readonly Row[], count: number): readonly Row[] {
  let candidates = 0;
  const end = rows.findIndex((row) => {
    if (row !== null) candidates += 1;
    return candidates === count;
  });
  return end < 0 ? rows : rows.slice(0, end + 1);
}

function toPageNumber({ row, appliedSize }: Position): number {
  return Math.floor(row / appliedSize) + 1;
}
