import { expect, test } from "@jest/globals";
import {
  extraction,
  list,
  mixedRows,
  other,
  pageOf,
  type RestRow,
  request,
  start,
  startWithRows,
} from "./helpers/action-list.ts";
import { onlyError } from "./helpers/graphql.ts";
import type { ScriptedResponse } from "./helpers/upstream.ts";

// What a page has for any filter is in unit/walk-pages.test.ts.

const query = `query ($first: Int, $after: String, $filter: DataExtractionActionFilter) {
  dataExtractionActions(first: $first, after: $after, filter: $filter) {
    edges { node { id } }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** The IDs that a filter finds, page by page. */
async function find(url: string, filter: object | null, first = 20): Promise<string[]> {
  const { body } = await list(url, { filter, first }, query);
  if (body.errors !== undefined) throw new Error(JSON.stringify(body.errors));
  const { edges } = body.data.dataExtractionActions;
  return edges.map(({ node }: { node: { id: string } }) => node.id);
}

const named = (name: string, index = 0): RestRow => ({ ...extraction(index), id: name, name });

test.each<[string, string, boolean]>([
  ["Interested?", "interest", true],
  ["Interested?", "INTERESTED?", true],
  ["Größe", "GRÖSSE", false],
  ["GRÖẞE", "größe", true],
  ["Ünal", "ü", true],
  ["ΣΊΣΥΦΟΣ", "σίσυφος", true],
  ["a.b", ".", true],
  ["ab", ".", false],
  ["Interested?", "interested ?", false],
])("of an action named %j, nameContains: %j is %j", async (name, nameContains, isFound) => {
  const { url } = await startWithRows([other(1), named(name)]);

  expect(await find(url, { nameContains })).toEqual(isFound ? [name] : []);
});

test("both conditions must be met, and absent and null ones filter nothing", async () => {
  const rows = [named("on a", 2), named("off a", 3), named("on b", 4)];
  const { url } = await startWithRows(rows);

  const filters = [
    { nameContains: "A", isActive: true },
    { isActive: false },
    { nameContains: null, isActive: null },
    {},
    null,
  ];
  expect(await Promise.all(filters.map((filter) => find(url, filter)))).toEqual([
    ["on a"],
    ["off a"],
    ["on a", "off a", "on b"],
    ["on a", "off a", "on b"],
    ["on a", "off a", "on b"],
  ]);
});

test("asks for the details only of rows that do not say whether they are active, and counts missing ones as neither", async () => {
  const unsaid = (id: string) => ({ ...named(id), is_active: undefined });
  const rows = [
    named("said", 2),
    unsaid("active"),
    unsaid("gone"),
    unsaid("null"),
    { ...unsaid("other name"), name: "x" },
  ];
  const byId: Record<string, ScriptedResponse> = {
    active: { status: 200, body: { data: { ...named("active"), is_active: true } } },
    gone: { status: 404, body: { detail: "Action not found" } },
    null: { status: 200, body: { data: { ...named("null"), is_active: null } } },
  };
  const { url, requests } = await start((received) =>
    received.path.includes("?")
      ? pageOf(rows, received)
      : (byId[received.path.split("/").at(-1) ?? ""] ?? { status: 500 }),
  );
  const filterFor = (isActive: boolean) => find(url, { isActive, nameContains: "a" });

  expect(await find(url, { isActive: true, nameContains: "i" })).toEqual(["said", "active"]);
  expect(await filterFor(false)).toEqual([]);
  expect(new Set(requests())).toEqual(new Set([request(1), "GET /v2/_actions/active"]));
  expect(await find(url, { isActive: false, nameContains: "n" })).toEqual([]);
  expect(requests()).toContain("GET /v2/_actions/gone");
});

test("asks for the details of at most 100 actions, and continues where it stopped", async () => {
  const rows = Array.from({ length: 130 }, (_, index) => ({ ...extraction(index), is_active: undefined }));
  const { url, requests } = await start((received) =>
    received.path.includes("?")
      ? pageOf(rows, received)
      : { status: 200, body: { data: { ...extraction(0), is_active: received.path.endsWith("-125") } } },
  );

  const first = await list(url, { filter: { isActive: true }, first: 100 }, query);
  const asked = requests().length;
  const { edges, pageInfo } = first.body.data.dataExtractionActions;
  const next = await list(url, { filter: { isActive: true }, first: 100, after: pageInfo.endCursor }, query);

  expect(edges).toEqual([]);
  expect(pageInfo.hasNextPage).toBe(true);
  // Two pages.
  expect(asked).toBe(2 + 100);
  expect(next.body.data.dataExtractionActions).toMatchObject({
    edges: [{ node: { id: "act-125" } }],
    pageInfo: { hasNextPage: false },
  });
});

test("a cursor belongs to its filter", async () => {
  const { url } = await startWithRows(mixedRows);
  const { body } = await list(url, { filter: { isActive: true }, first: 1 }, query);
  const after = body.data.dataExtractionActions.pageInfo.endCursor;

  const same = await list(url, { filter: { isActive: true, nameContains: null }, after }, query);
  const others = [{ isActive: false }, { isActive: true, nameContains: "a" }, null];
  const errors = await Promise.all(others.map(async (filter) => onlyError(await list(url, { filter, after }, query))));

  expect(same.body.errors).toBeUndefined();
  for (const { extensions } of errors) {
    expect(extensions).toMatchObject({ code: "BAD_USER_INPUT", fieldErrors: [{ path: ["after"], rule: "isCursor" }] });
  }
});

test.each([[" "], ["x".repeat(256)], ["a\u0000"]])("rejects nameContains: %j by its path", async (nameContains) => {
  const { url, upstream } = await startWithRows(mixedRows);

  const { extensions } = onlyError(await list(url, { filter: { nameContains } }, query));

  expect(extensions.fieldErrors).toMatchObject([{ path: ["filter", "nameContains"] }]);
  expect(upstream.received).toEqual([]);
});

test("fails as the read of a detail that it depends on", async () => {
  const rows = [{ ...extraction(1), is_active: undefined }];
  const { url } = await start((received) => (received.path.includes("?") ? pageOf(rows, received) : { status: 429 }));

  const { extensions } = onlyError(await list(url, { filter: { isActive: true } }, query));

  expect(extensions).toMatchObject({ code: "RATE_LIMITED", retryable: true });
});

test("first may be null, which is its default", async () => {
  const { url } = await startWithRows(Array.from({ length: 30 }, (_, index) => extraction(index)));

  const { body } = await list(url, { first: null }, query);

  expect(body.data.dataExtractionActions.edges).toHaveLength(20);
});
