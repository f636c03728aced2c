import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { limits } from "../../src/limits.ts";
import { decodeCursor, encodeCursor, type Position } from "../../src/operations/data-extraction-actions/cursor.ts";
import type { Page, PageRequest, Row } from "../../src/operations/data-extraction-actions/operation.ts";
import { walkPages } from "../../src/operations/data-extraction-actions/walk-pages.ts";

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

const action = (id: number): Row => ({ id: String(id), name: "n", isActive: true, webhook: null }) as Row;

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
  const start = cursor === undefined ? undefined : decodeCursor(cursor, undefined);
  if (cursor !== undefined && start === undefined) throw new Error(`the cursor ${cursor} cannot be decoded`);

  const result = await walkPages(first, start, async (request) => {
    requests.push(request);
    return readPage(list, request);
  });

  const { matches, hasNextPage } = result;
  expect(matches.length).toBeLessThanOrEqual(first);
  expect(requests.length).toBeLessThanOrEqual(limits.list.pageRequests);
  expect(new Set(requests.map(({ page, pageSize }) => `${page}/${pageSize}`)).size).toBe(requests.length);
  const lastPage = readPage(list, requests.at(-1) as PageRequest);
  if (lastPage === "too-large") return result;
  // No page more than `first` requires: the last one has the last match.
  if (matches.length === first) expect(lastPage.rows).toContainEqual(matches.at(-1)?.action);
  else if (hasNextPage) expect(requests).toHaveLength(limits.list.pageRequests);
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
        if (next !== undefined) cursor = encodeCursor(next, undefined);
      }
      expect(found).toEqual(list.rows.flatMap((row) => row?.id ?? []));
    }),
    { numRuns: 200 },
  );
});

test("any filter returns every match exactly once and in order, with no more details than it may request", async () => {
  const steps = { first: fc.integer({ min: 1, max: 100 }), maxDetails: fc.integer({ min: 1, max: 100 }) };
  await fc.assert(
    fc.asyncProperty(lists, fc.record(steps), fc.integer({ min: 1, max: 9 }), async (list, settings, divisor) => {
      const isWanted = (id: string | undefined) => Number(id) % divisor === 0;
      const found: (string | undefined)[] = [];
      let position: Position | undefined;
      for (let isOver = false; !isOver; ) {
        let details = 0;
        const walk = await walkPages(
          settings.first,
          position,
          async (request) => readPage(list, request),
          ({ id }) => {
            if (details === settings.maxDetails) return undefined;
            details += 1;
            return Promise.resolve(isWanted(id));
          },
        );
        expect(walk.matches.length).toBeLessThanOrEqual(settings.first);
        found.push(...walk.matches.map(({ action }) => action.id));
        isOver = !walk.hasNextPage;
        // Every walk makes progress.
        if (!isOver) expect(walk.end?.row).toBeGreaterThan(position?.row ?? 0);
        position = walk.end;
      }
      expect(found).toEqual(list.rows.flatMap((row) => (isWanted(row?.id) ? [row?.id] : [])));
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

test("decodes no text but the cursors that it encodes for the same filter", () => {
  const encode = (text: string) => Buffer.from(text).toString("base64url");
  const position = { row: 20, requestedSize: 100, appliedSize: 100 };
  expect(decodeCursor(encode("1:20:100:100"), undefined)).toEqual(position);
  expect(decodeCursor(encode("2:20:100:100:tag"), "tag")).toEqual(position);
  expect(decodeCursor(encode("2:20:100:100:tag"), "other")).toBeUndefined();
  expect(decodeCursor(encode("2:20:100:100:tag"), undefined)).toBeUndefined();
  expect(decodeCursor(encode("1:20:100:100"), "tag")).toBeUndefined();
  for (const text of ["2:20:100:100", "1:20:50:50", "1:20:100:0", "1:-1:100:100", "1:020:100:100", "1:20:100:100:1"]) {
    expect([text, decodeCursor(encode(text), undefined)]).toEqual([text, undefined]);
  }
  for (const cursor of ["", "20", `${encode("1:20:100:100")}=`, ` ${encode("1:20:100:100")}`]) {
    expect([cursor, decodeCursor(cursor, undefined)]).toEqual([cursor, undefined]);
  }
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
      const decoded = decodeCursor(text, undefined);
      if (decoded !== undefined) expect(encodeCursor(decoded, undefined)).toBe(text);
    }),
  );
});
