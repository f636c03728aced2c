import { describe, expect, test } from "@jest/globals";
import { onlyError, send } from "./helpers/graphql.ts";
import { startSandboxedService, startService } from "./helpers/service.ts";
import { type ReceivedRequest, type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

type RestRow = Record<string, unknown>;

const token = { authorization: "Bearer t" };
const type = "SINGLEDATAEXTRACTION";
const extraction = (id: number): RestRow => ({ id: `act-${id}`, name: `Action ${id}`, type, is_active: id % 2 === 0 });
const other = (id: number): RestRow => ({ id: `other-${id}`, type: "LABOREDGE", webhook: ["of another kind"] });

/** 58 rows as ContactSwing lists them: every third one is a data extraction action. */
const mixedRows = Array.from({ length: 58 }, (_, index) => (index % 3 === 0 ? extraction(index) : other(index)));
const idsOf = (rows: readonly RestRow[]) => rows.filter((row) => row.type === type).map(({ id }) => id);

function pageOf(
  rows: readonly RestRow[],
  { path }: Pick<ReceivedRequest, "path">,
  maxPageSize = 100,
): ScriptedResponse {
  const { searchParams } = new URL(path, "http://upstream");
  const page = Number(searchParams.get("page"));
  const pageSize = Math.min(Number(searchParams.get("per_page")), maxPageSize);
  const pagination = {
    current_page: page,
    per_page: pageSize,
    total_records: rows.length,
    total_pages: Math.ceil(rows.length / pageSize),
    has_next: page * pageSize < rows.length,
  };
  const data = { data: rows.slice((page - 1) * pageSize, page * pageSize), pagination };
  return { status: 200, body: { ctx_id: "ctx-l", data, message: "ok" } };
}

async function start(respond: (request: ReceivedRequest) => ScriptedResponse) {
  const upstream = await startUpstream(respond);
  const requests = () => upstream.received.map(({ method, path }) => `${method} ${path}`);
  return { upstream, requests, ...(await startService({ CONTACTSWING_URL: upstream.url })) };
}

const request = (page: number, pageSize = 100) => `GET /v2/_actions?page=${page}&per_page=${pageSize}`;

const startWithRows = (rows: readonly RestRow[], maxPageSize?: number) =>
  start((request) => pageOf(rows, request, maxPageSize));

const listQuery = `query List($first: Int! = 20, $after: String) {
  dataExtractionActions(first: $first, after: $after) {
    edges { cursor node { id name type isActive } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

const list = (url: string, variables: object = {}, query = listQuery) => send(url, { query, variables }, token);

interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string;
    readonly endCursor: string;
  };
}

async function listed(url: string, variables: object = {}): Promise<Connection> {
  const { body } = await list(url, variables);
  if (body.errors !== undefined) throw new Error(JSON.stringify(body.errors));
  return body.data.dataExtractionActions;
}

/** Every ID, by as many requests as it takes, each to the next one of some services. */
async function listAll(urls: readonly string[], first: number): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  for (let count = 0; count < 50; count += 1) {
    const { edges, pageInfo } = await listed(urls[count % urls.length] ?? "", { first, after });
    ids.push(...edges.map(({ node }) => node.id));
    if (!pageInfo.hasNextPage) return ids;
    after = pageInfo.endCursor;
  }
  throw new Error("the list has no end");
}

test("several lists of one request wait for each other instead of exceeding the caller's share", async () => {
  const { url } = await startSandboxedService({ MAX_IN_FLIGHT_PER_CALLER: "2" });
  const list = "dataExtractionActions(first: 1) { edges { node { id } } }";

  const { body } = await send(url, { query: `{ a: ${list} b: ${list} c: ${list} d: ${list} }` });

  expect(body.errors).toBeUndefined();
});

test("returns the first 20 data extraction actions, by one request for 100 rows", async () => {
  const { url, upstream, requests } = await startWithRows(mixedRows);

  const response = await list(url);

  const { edges, pageInfo } = response.body.data.dataExtractionActions;
  expect(edges.map(({ node }: { node: unknown }) => node)).toEqual(
    mixedRows
      .filter((row) => row.type === type)
      .map(({ id, name, is_active }) => ({ id, name, type, isActive: is_active })),
  );
  expect(edges).toHaveLength(20);
  expect(pageInfo).toEqual({
    hasNextPage: false,
    hasPreviousPage: false,
    startCursor: edges[0].cursor,
    endCursor: edges[19].cursor,
  });
  expect(requests()).toEqual([request(1)]);
  expect(upstream.received[0]?.headers).toMatchObject({ authorization: "Bearer t", accept: "application/json" });
  expect(upstream.received[0]?.headers).not.toHaveProperty("content-type");
});

test.each([
  ["7 rows per page, although 100 are requested", 7],
  ["1 row per page", 1],
])("returns every action once and in order, across processes, from %s", async (_case, maxPageSize) => {
  const rows = mixedRows.slice(0, 25);
  const { url } = await startWithRows(rows, maxPageSize);
  const second = await startWithRows(rows, maxPageSize);

  expect(await listAll([url, second.url], 4)).toEqual(idsOf(rows));
});

test("continues behind any edge, not only behind the last one", async () => {
  const { url } = await startWithRows(mixedRows, 10);
  const { edges } = await listed(url, { first: 10 });

  const { edges: next } = await listed(url, { first: 3, after: edges[4]?.cursor });

  expect(next.map(({ node }) => node.id)).toEqual(edges.slice(5, 8).map(({ node }) => node.id));
});

test("requests only the pages that `first` requires, starting at the cursor's", async () => {
  const { url, requests } = await startWithRows(Array.from({ length: 350 }, (_, index) => extraction(index)));

  const { pageInfo } = await listed(url, { first: 100 });
  await listed(url, { first: 100, after: pageInfo.endCursor });

  expect(requests()).toEqual([request(1), request(2)]);
});

test("may end with an empty page, if ContactSwing announces rows that are of other kinds", async () => {
  const rows = [...Array.from({ length: 100 }, (_, index) => extraction(index)), other(100)];
  const { url } = await startWithRows(rows);

  const { pageInfo } = await listed(url, { first: 100 });
  const last = await listed(url, { after: pageInfo.endCursor });

  expect(pageInfo.hasNextPage).toBe(true);
  expect(last).toEqual({
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
  });
});

test("stops after 10 pages, and continues where it stopped", async () => {
  const rows = Array.from({ length: 1150 }, (_, index) => (index === 1120 ? extraction(index) : other(index)));
  const { url, requests } = await startWithRows(rows);

  const { edges, pageInfo } = await listed(url, { first: 1 });
  const next = await listed(url, { first: 1, after: pageInfo.endCursor });

  expect(edges).toEqual([]);
  expect(pageInfo).toMatchObject({ hasNextPage: true, startCursor: null, endCursor: expect.any(String) });
  expect(requests()).toEqual(Array.from({ length: 12 }, (_, index) => request(index + 1)));
  expect(next.edges.map(({ node }) => node.id)).toEqual(["act-1120"]);
});

test.each([
  [{ first: 0 }, "first"],
  [{ first: 101 }, "first"],
  [{ after: "" }, "after"],
  [{ after: "canary" }, "after"],
])("rejects the arguments %j without a request", async (variables, name) => {
  const { url, upstream } = await startWithRows(mixedRows);

  const response = await list(url, variables);

  expect(response.status).toBe(200);
  expect(response.body.data).toEqual({ dataExtractionActions: null });
  expect(onlyError(response).extensions).toEqual({
    code: "BAD_USER_INPUT",
    requestId: response.headers.get("x-request-id"),
    retryable: false,
    fieldErrors: [{ path: [name], message: expect.any(String), rule: expect.any(String) }],
  });
  expect(response.text).not.toContain("canary");
  expect(upstream.received).toEqual([]);
});

describe("a page that differs from the documentation is UPSTREAM_BAD_RESPONSE", () => {
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
    [
      "more rows than its page size",
      { data: [extraction(1), extraction(2)], pagination: { ...pagination, per_page: 1 } },
    ],
    ["no has_next", withPagination({ has_next: undefined })],
    ["rows that are not a list", { data: { 0: extraction(1) }, pagination }],
    ["the rows at the wrong place", [extraction(1)]],
    ["a row that is null", withRow(null)],
    ["a row of another kind without an ID", withRow({ ...other(2), id: undefined })],
    ["a row without a type", withRow({ ...extraction(2), type: undefined })],
    ["a row without a name", withRow({ ...extraction(2), name: undefined })],
    ["a row whose webhook is a list", withRow({ ...extraction(2), webhook: [] })],
  ])("if it has %s", async (_case, data) => {
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

  test("if it is the first page again", async () => {
    const { url, upstream } = await start(() => pageOf(mixedRows, { path: "/?page=1&per_page=10" }));

    expect(onlyError(await list(url)).extensions.code).toBe("UPSTREAM_BAD_RESPONSE");
    expect(upstream.received).toHaveLength(2);
  });
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

  test("because it rejects the page size is requested as pages of 10 rows", async () => {
    const { url, requests } = await start((request) =>
      request.path.endsWith("per_page=100") ? rejection : pageOf(manyRows, request),
    );

    const { edges, pageInfo } = await listed(url, { first: 15 });
    const next = await listed(url, { first: 10, after: pageInfo.endCursor });

    expect([...edges, ...next.edges].map(({ node }) => node.id)).toEqual(idsOf(manyRows).slice(0, 25));
    expect(requests()).toEqual([request(1), request(1, 10), request(2, 10), request(2, 10), request(3, 10)]);
  });

  test("because it is over 1 MiB is requested as the ten pages with the same rows", async () => {
    const { url, requests } = await start((request) =>
      request.path.endsWith("page=2&per_page=100") ? tooLarge(request) : pageOf(manyRows, request),
    );

    const { pageInfo } = await listed(url, { first: 100 });
    const { edges } = await listed(url, { first: 12, after: pageInfo.endCursor });

    expect(edges.map(({ node }) => node.id)).toEqual(idsOf(manyRows).slice(100, 112));
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

  test("come from the row if it has them, and isActive always", async () => {
    const rows = [
      { ...extraction(2), description: "row", webhook },
      { ...extraction(3), is_active: undefined, description: null, webhook: null },
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

    const response = await list(url, {}, `{ ${nodes("id description")} }`);

    expect(response.body.errors).toBeUndefined();
    expect(nodesOf(response)).toEqual([{ id: "act-1", description: null }]);
  });

  test("fail by themselves, like a read", async () => {
    const { url } = await startWith([extraction(1)], { status: 503 });

    const response = await list(url, {}, `{ ${nodes("id description")} }`);

    expect(nodesOf(response)).toEqual([{ id: "act-1", description: null }]);
    const { path, extensions } = onlyError(response);
    expect(path).toEqual(["dataExtractionActions", "edges", 0, "node", "description"]);
    expect(extensions).toMatchObject({ code: "UPSTREAM_ERROR", retryable: true, upstream: { status: 503 } });
    expect(extensions).not.toHaveProperty("outcome");
  });
});
