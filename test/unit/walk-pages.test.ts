import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { decodeCursor, encodeCursor, type Position } from "../../src/operations/data-extraction-actions/cursor.ts";
import type { ListedAction, Page, PageRequest, Row } from "../../src/operations/data-extraction-actions/rest.ts";
import { maxPageRequests, walkPages } from "../../src/operations/data-extraction-actions/walk-pages.ts";

const action = (id: number): ListedAction => ({ id: String(id), name: "n", details: { isActive: true } });

/** A list as ContactSwing has it: rows of all kinds, and how it deals with page sizes. */
interface List {
  /** A row that is `hidden` counts, but its page does not have it. */
  readonly rows: readonly (Row | "hidden")[];
  /** The largest page size that it applies. */
  readonly maxPageSize: number;
  /** The first page of 100 that is too large; Infinity if none is. */
  readonly tooLargeFrom: number;
  /** Whether it says `has_next` although no row is left. */
  readonly announcesEmptyPage: boolean;
}

function readPage(list: List, { page, pageSize: requestedSize }: PageRequest): Page | "too-large" {
  if (requestedSize === 100 && page >= list.tooLargeFrom) return "too-large";
  const pageSize = Math.min(requestedSize, list.maxPageSize);
  const rows = list.rows.slice((page - 1) * pageSize, page * pageSize);
  const left = list.rows.length - page * pageSize;
  const hasNext = left > 0 || (list.announcesEmptyPage && rows.length === pageSize);
  return { rows: rows.filter((row) => row !== "hidden"), pageSize, hasNext };
}

const rows = fc
  .array(fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 40 }) }, fc.nat({ max: 600 })), { maxLength: 60 })
  // Runs of rows of other kinds between the actions, some of them longer than a field may traverse.
  .map((gaps) => gaps.flatMap((gap, index): Row[] => [...Array<null>(gap).fill(null), action(index)]));
const maxPageSize = fc.oneof(fc.constantFrom(1, 7, 10, 37, 99, 100), fc.integer({ min: 1, max: 100 }));
const lists = fc.oneof(
  fc.record<List>({
    rows,
    maxPageSize,
    tooLargeFrom: fc.constantFrom(1, 2, 3, Number.POSITIVE_INFINITY),
    announcesEmptyPage: fc.boolean(),
  }),
  fc.record<List>({
    rows: rows.map((all) => all.map((row, index) => (row === null && index % 3 === 0 ? "hidden" : row))),
    maxPageSize,
    tooLargeFrom: fc.constant(Number.POSITIVE_INFINITY),
    announcesEmptyPage: fc.boolean(),
  }),
);
const actionsOf = ({ rows }: List) => rows.filter((row) => row !== null && row !== "hidden");

async function walk(list: List, first: number, cursor: string | undefined) {
  const requests: PageRequest[] = [];
  const start = cursor === undefined ? undefined : decodeCursor(cursor);
  if (cursor !== undefined && start === undefined) throw new Error(`the cursor ${cursor} cannot be decoded`);
  const result = await walkPages(first, start, async (request) => {
    requests.push(request);
    return readPage(list, request);
  });
  return { ...result, requests };
}

test("any sequence of cursors returns every action exactly once and in order, in at most 10 requests per field", async () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), fc.nat()), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(lists, steps, async (list, sequence) => {
      const expected = actionsOf(list).map(({ id }) => id);
      const found: string[] = [];
      let cursor: string | undefined;
      let isOver = false;
      for (let step = 0; !isOver; step += 1) {
        expect(step).toBeLessThanOrEqual(list.rows.length + 2);
        const [first = 1, kept = 0] = sequence[step % sequence.length] ?? [];
        const { matches, hasNextPage, end, requests } = await walk(list, first, cursor);
        expect(requests.length).toBeLessThanOrEqual(maxPageRequests);
        expect(matches.length).toBeLessThanOrEqual(first);
        if (matches.length < first && hasNextPage) expect(requests).toHaveLength(maxPageRequests);
        // Continues behind any edge, or where the field says.
        const last = matches[kept % (matches.length + 1)];
        const taken = last === undefined ? matches : matches.slice(0, matches.indexOf(last) + 1);
        found.push(...taken.map((match) => match.action.id));
        const next = last?.next ?? end;
        isOver = last === undefined && !hasNextPage;
        if (!isOver && next === undefined) throw new Error("there is nothing to continue from");
        if (next !== undefined) cursor = encodeCursor(next);
      }
      expect(found).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test("requests no page that `first` does not require, and none twice", async () => {
  await fc.assert(
    fc.asyncProperty(lists, fc.integer({ min: 1, max: 100 }), async (list, first) => {
      const { matches, requests } = await walk(list, first, undefined);

      expect(new Set(requests.map(({ page, pageSize }) => `${page}/${pageSize}`)).size).toBe(requests.length);
      const [last] = requests.slice(-1);
      if (matches.length < first || last === undefined) return;
      // The last page has the last of the actions.
      const page = readPage(list, last);
      expect(page === "too-large" ? [] : page.rows).toContainEqual(matches.at(-1)?.action);
    }),
    { numRuns: 200 },
  );
});

test("says hasNextPage exactly as long as the list announces rows or an action is left", async () => {
  await fc.assert(
    fc.asyncProperty(lists, fc.integer({ min: 1, max: 100 }), async (list, first) => {
      const { matches, hasNextPage, requests } = await walk(list, first, undefined);

      const isLeft = actionsOf(list).length > matches.length;
      if (isLeft) expect(hasNextPage).toBe(true);
      const last = readPage(list, requests.at(-1) as PageRequest);
      if (last !== "too-large" && !last.hasNext && !isLeft) expect(hasNextPage).toBe(false);
      if (last !== "too-large" && last.hasNext) expect(hasNextPage).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("ends after at most 10 requests, whatever the pages say", async () => {
  const page = fc.oneof(
    fc.constant<"too-large">("too-large"),
    fc.record<Page>({
      rows: fc.array(fc.oneof(fc.constant(null), fc.nat().map(action)), { maxLength: 12 }),
      pageSize: fc.oneof(fc.integer({ min: 12, max: 1000 }), fc.constant(1_000_000_000)),
      hasNext: fc.boolean(),
    }),
  );
  const start = fc.option(
    fc.record<Position>({
      row: fc.nat({ max: 999_999_999 }),
      requestedSize: fc.constantFrom(100, 10),
      appliedSize: fc.integer({ min: 1, max: 1000 }),
    }),
    { nil: undefined },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(page, { minLength: 1, maxLength: 4 }),
      start,
      fc.integer({ min: 1, max: 100 }),
      async (pages, position, first) => {
        let requests = 0;
        const { matches, hasNextPage, end } = await walkPages(first, position, async () => {
          requests += 1;
          return pages[requests % pages.length] ?? "too-large";
        });

        expect(requests).toBeLessThanOrEqual(maxPageRequests);
        expect(matches.length).toBeLessThanOrEqual(first);
        if (hasNextPage) expect(end).toBeDefined();
        // Whatever it says, its cursors can be used.
        for (const next of [end, ...matches.map((match) => match.next)]) {
          if (next !== undefined) expect(decodeCursor(encodeCursor(next))).toEqual(next);
        }
      },
    ),
    { numRuns: 300 },
  );
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
