import { describe, expect, test } from "@jest/globals";
import { encodeCursor, startPosition } from "../src/operations/data-extraction-actions/cursor.ts";
import {
  extraction,
  idsOf,
  list,
  listed,
  mixedRows,
  other,
  pageOf,
  type RestRow,
  request,
  start,
  startWithRows,
  type,
} from "./helpers/action-list.ts";
import { onlyError, send } from "./helpers/graphql.ts";
import type { ReceivedRequest, ScriptedResponse } from "./helpers/upstream.ts";

// Which pages are requested for any list and any cursor is in unit/walk-pages.test.ts.

test("several lists of one request wait for each other instead of exceeding the caller's share", async () => {
  const { url, requests } = await startWithRows(mixedRows, { MAX_IN_FLIGHT_PER_CALLER: "1" });
  const fields = [1, 2, 3, 4].map((page) => {
    const after = encodeCursor({ ...startPosition, row: (page - 1) * startPosition.appliedSize }, undefined);
    return `list${page}: dataExtractionActions(after: "${after}") { edges { cursor } }`;
  });

  const { body } = await send(url, { query: `{ ${fields.join(" ")} }` });

  expect(body.errors).toBeUndefined();
  expect(requests()).toEqual([1, 2, 3, 4].map((page) => request(page)));
});

test("several lists of one request share the pages that they have in common", async () => {
  const { url, requests } = await startWithRows(mixedRows);
  const fields = [1, 2].map(
    (first) => `first${first}: dataExtractionActions(first: ${first}) { edges { node { id } } }`,
  );

  const { body } = await send(url, { query: `{ ${fields.join(" ")} }` });

  expect(body.data.first1.edges).toHaveLength(1);
  expect(body.data.first2.edges).toHaveLength(2);
  expect(requests()).toEqual([request(1)]);
});

test("returns the first 20 data extraction actions, by one request for 100 rows", async () => {
  const { url, requests } = await startWithRows(mixedRows);

  const response = await list(url);

  const { edges, pageInfo } = response.body.data.dataExtractionActions;
  expect(edges.map(({ node }: { node: unknown }) => node)).toEqual(
    mixedRows
      .filter((row) => row.type === type)
      .map(({ id, name, is_active }) => ({ id, name, type, isActive: is_active })),
  );
  expect(edges).toHaveLength(20);
  const [startCursor, endCursor] = [edges[0].cursor, edges[19].cursor];
  expect(pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: false, startCursor, endCursor });
  expect(requests()).toEqual([request(1)]);
});

test("stops after 10 pages, and any process continues where it stopped", async () => {
  const rows = Array.from({ length: 1150 }, (_, index) => (index === 1120 ? extraction(index) : other(index)));
  const [one, another] = [await startWithRows(rows), await startWithRows(rows)];

  const { ids, pageInfo } = await listed(one.url, { first: 1 });
  const next = await listed(another.url, { first: 1, after: pageInfo.endCursor });

  expect(ids).toEqual([]);
  expect(pageInfo).toMatchObject({ hasNextPage: true, startCursor: null, endCursor: expect.any(String) });
  expect(one.requests()).toEqual(Array.from({ length: 10 }, (_, index) => request(index + 1)));
  expect(another.requests()).toEqual([request(11), request(12)]);
  expect(next.ids).toEqual(["act-1120"]);
  const [cursor] = next.cursors;
  expect(next.pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: true, startCursor: cursor, endCursor: cursor });
});

test.each([
  [{ first: 0 }, "first", { params: { min: 1, max: 100 } }],
  [{ first: 101 }, "first", { params: { min: 1, max: 100 } }],
  [{ after: "" }, "after", {}],
  [{ after: "canary" }, "after", {}],
])("rejects the arguments %j without a request", async (variables, name, params) => {
  const { url, upstream } = await startWithRows(mixedRows);

  const response = await list(url, variables);

  expect(response.status).toBe(200);
  expect(response.body.data).toEqual({ dataExtractionActions: null });
  expect(onlyError(response).extensions).toEqual({
    code: "BAD_USER_INPUT",
    requestId: response.headers.get("x-request-id"),
    retryable: false,
    fieldErrors: [{ path: [name], message: expect.any(String), rule: expect.any(String), ...params }],
  });
  expect(response.text).not.toContain("canary");
  expect(upstream.received).toEqual([]);
});

const pagination = { current_page: 1, per_page: 10, total_records: 1, total_pages: 1, has_next: false };
const withPagination = (changes: object) => ({ data: [extraction(1)], pagination: { ...pagination, ...changes } });
const withRow = (row: unknown) => ({ data: [extraction(1), row], pagination });

test.each<[string, unknown]>([
  ["another page", withPagination({ current_page: 2 })],
  ["a pagination that is null", { data: [], pagination: null }],
  ["a page size of 0", withPagination({ per_page: 0 })],
  ["a page size that no cursor can hold", withPagination({ per_page: 1e13 })],
  ["a page size that is a string", withPagination({ per_page: "10" })],
  ["a page size that is not whole", withPagination({ per_page: 1.5 })],
  ["more rows than its page size", { ...withRow(extraction(2)), pagination: { ...pagination, per_page: 1 } }],
  ["no has_next", withPagination({ has_next: undefined })],
  ["rows that are not a list", { data: { 0: extraction(1) }, pagination }],
  ["the rows at the wrong place", [extraction(1)]],
  ["a row that is null", withRow(null)],
  ["a row of another kind without an ID", withRow({ ...other(2), id: undefined })],
  ["a row without a type", withRow({ ...extraction(2), type: undefined })],
  ["a row without a name", withRow({ ...extraction(2), name: undefined })],
  ["a row whose webhook is a list", withRow({ ...extraction(2), webhook: [] })],
])("a page with %s is UPSTREAM_BAD_RESPONSE", async (_case, data) => {
  const { url, upstream } = await start(() => ({ status: 200, body: { ctx_id: "ctx-l", data } }));

  const response = await list(url);

  expect(response.body.data).toEqual({ dataExtractionActions: null });
  const { requestId: _requestId, ...extensions } = onlyError(response).extensions;
  expect(extensions).toEqual({
    code: "UPSTREAM_BAD_RESPONSE",
    retryable: false,
    upstream: { status: 200, ctxId: "ctx-l" },
  });
  expect(upstream.received).toHaveLength(1);
});

describe("a page of 100 rows that ContactSwing does not return", () => {
  const manyRows = Array.from({ length: 230 }, (_, index) => extraction(index));
  const rejection: ScriptedResponse = {
    status: 422,
    body: { detail: [{ type: "less_than_equal", loc: ["query", "per_page"], msg: "Input should be at most 50" }] },
  };
  const tooLarge = (request: ReceivedRequest) => {
    const { body } = pageOf(manyRows, request) as { body: { data: object } };
    return { status: 200, body: { ...body, padding: "x".repeat(1_048_576) } };
  };

  test.each<[string, (request: ReceivedRequest) => ScriptedResponse]>([
    ["it rejects the page size", () => rejection],
    ["it is over 1 MiB", tooLarge],
  ])("because %s is requested as the ten pages with the same rows", async (_case, respond) => {
    const { url, requests } = await start((request) =>
      request.path.endsWith("page=2&per_page=100") ? respond(request) : pageOf(manyRows, request),
    );

    const { pageInfo } = await listed(url, { first: 100 });
    const { ids } = await listed(url, { first: 12, after: pageInfo.endCursor });

    expect(ids).toEqual(idsOf(manyRows).slice(100, 112));
    expect(requests()).toEqual([request(1), request(2), request(11, 10), request(12, 10)]);
  });

  test.each<[string, (request: ReceivedRequest) => ScriptedResponse, number, string, number]>([
    ["that page size is rejected too", () => rejection, 422, "UPSTREAM_BAD_RESPONSE", 2],
    ["10 rows are over 1 MiB too", tooLarge, 200, "UPSTREAM_BAD_RESPONSE", 2],
    ["it is an error, however long", () => ({ status: 503, body: "x".repeat(1_048_577) }), 503, "UPSTREAM_ERROR", 1],
  ])("is an error without field errors if %s", async (_case, respond, status, code, requests) => {
    const { url, upstream } = await start(respond);

    const { extensions } = onlyError(await list(url));

    expect(extensions).toMatchObject({ code, upstream: { status, ctxId: null } });
    expect(extensions).not.toHaveProperty("fieldErrors");
    expect(upstream.received).toHaveLength(requests);
  });
});

describe("the details of a listed action", () => {
  const nodes = (selection: string) => `dataExtractionActions { edges { node { ${selection} } } }`;
  const webhook = { name: "interested", type: "yes/no" };
  const startWith = async (rows: readonly RestRow[], byId: ScriptedResponse) => {
    const { requests, ...started } = await start((request) =>
      request.path.startsWith("/v2/_actions?") ? pageOf(rows, request) : byId,
    );
    return { ...started, requestsById: () => requests().filter((request) => !request.includes("?")) };
  };
  const nodesOf = ({ body }: Awaited<ReturnType<typeof list>>) =>
    body.data.dataExtractionActions.edges.map(({ node }: { node: object }) => node);

  test("come from the row if it has them", async () => {
    const rows = [
      { ...extraction(2), description: "row", webhook },
      { ...extraction(3), is_active: null, description: null, webhook: null },
    ];
    const { url, requestsById } = await startWith(rows, { status: 500 });

    const response = await list(url, {}, `{ ${nodes("isActive description webhook { name type rawType }")} }`);

    expect(nodesOf(response)).toEqual([
      { isActive: true, description: "row", webhook: { name: "interested", type: "YES_NO", rawType: "yes/no" } },
      { isActive: null, description: null, webhook: null },
    ]);
    expect(requestsById()).toEqual([]);
  });

  test("are read by ID, once per action and request, if the row does not have them", async () => {
    const data = { ...extraction(1), is_active: true, description: "by ID", webhook: { ...webhook, type: "other" } };
    const { url, requestsById } = await startWith([extraction(1), { ...extraction(2), webhook }], {
      status: 200,
      body: { data },
    });
    const query = `{
      ${nodes("isActive description webhook { rawType }")}
      again: ${nodes("webhook { name }")}
      dataExtractionAction(id: "act-1") { description }
    }`;

    const response = await list(url, {}, query);

    expect(response.body.errors).toBeUndefined();
    expect(nodesOf(response)).toEqual([
      { isActive: false, description: "by ID", webhook: { rawType: "other" } },
      { isActive: true, description: "by ID", webhook: { rawType: "yes/no" } },
    ]);
    expect(requestsById().sort()).toEqual(["GET /v2/_actions/act-1", "GET /v2/_actions/act-2"]);
  });

  test("are null if the action is gone by then", async () => {
    const { url } = await startWith([extraction(1)], { status: 404, body: { detail: "Action not found" } });

    const { body } = await list(url, {}, `{ ${nodes("description")} }`);

    expect(body).toEqual({ data: { dataExtractionActions: { edges: [{ node: { description: null } }] } } });
  });

  test("fail by themselves, like a read", async () => {
    const { url } = await startWith([extraction(1)], { status: 503 });

    const response = await list(url, {}, `{ ${nodes("id description")} }`);

    const { path, extensions } = onlyError(response);
    expect(nodesOf(response)).toEqual([{ id: "act-1", description: null }]);
    expect(path).toEqual(["dataExtractionActions", "edges", 0, "node", "description"]);
    const upstream = { status: 503, ctxId: null };
    expect(extensions).toEqual({ code: "UPSTREAM_ERROR", requestId: expect.any(String), retryable: true, upstream });
  });
});
