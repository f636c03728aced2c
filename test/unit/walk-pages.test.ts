import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodeCursor, encodeCursor } from "../../src/operations/data-extraction-actions/cursor.ts";
import type { Page, PageRequest, Row } from "../../src/operations/data-extraction-actions/rest.ts";
import { maxPageRequests, walkPages } from "../../src/operations/data-extraction-actions/walk-pages.ts";

/** A list as ContactSwing has it: rows of all kinds, and how it deals with page sizes. */
interface List {
  readonly rows: readonly Row[];
  /** The largest page size that it applies. */
  readonly maxPageSize: number;
  /** The first page of 100 that is too large; Infinity if none is. */
  readonly tooLargeFrom: number;
  /** Whether it says `has_next` although no row is left. */
  readonly announcesEmptyPage: boolean;
}

const action = (id: number): Row => ({ id: String(id), name: "n", details: { isActive: true } });

const lists = fc.record<List>({
  rows: fc
    .array(fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 40 }) }, fc.nat({ max: 600 })), { maxLength: 60 })
    // Runs of rows of other kinds between the actions, some of them longer than a field may traverse.
    .map((gaps) => gaps.flatMap((gap, index): Row[] => [...Array<null>(gap).fill(null), action(index)])),
  maxPageSize: fc.oneof(fc.constantFrom(1, 7, 10, 37, 99, 100), fc.integer({ min: 1, max: 100 })),
  tooLargeFrom: fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY),
  announcesEmptyPage: fc.boolean(),
});

function readPage(list: List, { page, pageSize: requestedSize }: PageRequest): Page | "too-large" {
  if (requestedSize === 100 && page >= list.tooLargeFrom) return "too-large";
  const pageSize = Math.min(requestedSize, list.maxPageSize);
  const rows = list.rows.slice((page - 1) * pageSize, page * pageSize);
  const left = list.rows.length - page * pageSize;
  return { rows, pageSize, hasNext: left > 0 || (list.announcesEmptyPage && rows.length === pageSize) };
}

/** Walks from a cursor, and checks what is true of every walk. */
async function walk(list: List, first: number, cursor: string | undefined) {
  const requests: PageRequest[] = [];
  const start = cursor === undefined ? undefined : decodeCursor(cursor);
  if (cursor !== undefined && start === undefined) throw new Error(`the cursor ${cursor} cannot be decoded`);

  const result = await walkPages(first, start, async (request) => {
    requests.push(request);
    return readPage(list, request);
  });

  const { matches, hasNextPage } = result;
  expect(matches.length).toBeLessThanOrEqual(first);
  expect(requests.length).toBeLessThanOrEqual(maxPageRequests);
  expect(new Set(requests.map(({ page, pageSize }) => `${page}/${pageSize}`)).size).toBe(requests.length);
  const lastPage = readPage(list, requests.at(-1) as PageRequest);
  if (lastPage === "too-large") return result;
  // No page more than `first` requires: the last one has the last match.
  if (matches.length === first) expect(lastPage.rows).toContainEqual(matches.at(-1)?.action);
  else if (hasNextPage) expect(requests).toHaveLength(maxPageRequests);
  const lastAction = list.rows.findLast((row) => row !== null);
  const isLeft = matches.length > 0 && matches.at(-1)?.action.id !== lastAction?.id;
  expect(hasNextPage).toBe(lastPage.hasNext || isLeft);
  return result;
}

test("any sequence of cursors returns every action exactly once and in order, by no request that is not needed", async () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.nat()), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(lists, steps, async (list, sequence) => {
      const found: string[] = [];
      let cursor: string | undefined;
      let isOver = false;
      for (let step = 0; !isOver; step += 1) {
        expect(step).toBeLessThanOrEqual(list.rows.length + 2);
        const [first = 1, kept = 0] = sequence[step % sequence.length] ?? [];
        const { matches, hasNextPage, end } = await walk(list, first, cursor);
        // Continues behind any edge, or where the field says.
        const last = matches[kept % (matches.length + 1)];
        const taken = last === undefined ? matches : matches.slice(0, matches.indexOf(last) + 1);
        found.push(...taken.map((match) => match.action.id));
        const next = last?.next ?? end;
        isOver = last === undefined && !hasNextPage;
        if (!isOver && next === undefined) throw new Error("there is nothing to continue from");
        if (next !== undefined) cursor = encodeCursor(next);
      }
      expect(found).toEqual(list.rows.flatMap((row) => row?.id ?? []));
    }),
    { numRuns: 200 },
  );
});

test("continues on the next page behind the last row of a page, however few rows the page has", async () => {
  const pages: number[] = [];
  const fetchPage = async ({ page }: PageRequest) => {
    pages.push(page);
    return { rows: [action(page)], pageSize: 10, hasNext: true };
  };

  const { matches } = await walkPages(1, undefined, fetchPage);
  await walkPages(1, matches[0]?.next, fetchPage);

  expect(pages).toEqual([1, 2]);
});

test("decodes no text but the cursors that it encodes", () => {
  const encode = (text: string) => Buffer.from(text).toString("base64url");
  expect(decodeCursor(encode("1:20:100:100"))).toEqual({ row: 20, requestedSize: 100, appliedSize: 100 });
  for (const text of ["2:20:100:100", "1:20:50:50", "1:20:100:0", "1:-1:100:100", "1:020:100:100", "1:20:100:100:1"]) {
    expect([text, decodeCursor(encode(text))]).toEqual([text, undefined]);
  }
  for (const cursor of ["", "20", `${encode("1:20:100:100")}=`, ` ${encode("1:20:100:100")}`]) {
    expect([cursor, decodeCursor(cursor)]).toEqual([cursor, undefined]);
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
      const position = decodeCursor(text);
      if (position !== undefined) expect(encodeCursor(position)).toBe(text);
    }),
  );
});
