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
  for (let count = 0; count < 200; count += 1) {
    const { edges, pageInfo } = await listed(urls[count % urls.length] ?? "", { first, after });
    expect(pageInfo.hasPreviousPage).toBe(after !== null);
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
  expect(requests()).toEqual(["GET /v2/_actions?page=1&per_page=100"]);
  expect(upstream.received[0]?.headers).toMatchObject({ authorization: "Bearer t", accept: "application/json" });
  expect(upstream.received[0]?.headers).not.toHaveProperty("content-type");
});

test.each([
  ["100 rows per page", 100],
  ["7 rows per page, although 100 are requested", 7],
  ["1 row per page", 1],
])("returns every action once and in order, across processes, from %s", async (_case, maxPageSize) => {
  const rows = mixedRows.slice(0, 25);
  const { url } = await startWithRows(rows, maxPageSize);
  const second = await startWithRows(rows, maxPageSize);

  for (const first of [1, 4, 100]) expect(await listAll([url, second.url], first)).toEqual(idsOf(rows));
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

  expect(requests()).toEqual(["GET /v2/_actions?page=1&per_page=100", "GET /v2/_actions?page=2&per_page=100"]);
});

test("continues on the next page behind a page that has fewer rows than its size", async () => {
  const { url, requests } = await start((request) => {
    const { status, body } = pageOf(mixedRows, request, 10) as { status: number; body: { data: { data: RestRow[] } } };
    return { status, body: { ...body, data: { ...body.data, data: body.data.data.slice(0, 4) } } };
  });

  const { pageInfo } = await listed(url, { first: 2 });
  const { edges } = await listed(url, { first: 1, after: pageInfo.endCursor });

  expect(edges.map(({ node }) => node.id)).toEqual(["act-12"]);
  expect(requests()).toEqual([1, 2].map((page) => `GET /v2/_actions?page=${page}&per_page=100`));
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
  const pages = requests();
  const next = await listed(url, { first: 1, after: pageInfo.endCursor });

  expect(edges).toEqual([]);
  expect(pageInfo).toMatchObject({ hasNextPage: true, startCursor: null, endCursor: expect.any(String) });
  expect(pages).toEqual(Array.from({ length: 10 }, (_, index) => `GET /v2/_actions?page=${index + 1}&per_page=100`));
  expect(requests().slice(10)).toEqual([11, 12].map((page) => `GET /v2/_actions?page=${page}&per_page=100`));
  expect(next.edges.map(({ node }) => node.id)).toEqual(["act-1120"]);
});

test("stops after 10 pages of a list that never ends", async () => {
  const { url, upstream } = await start((request) => {
    const { body } = pageOf([], request) as { body: { data: { pagination: object } } };
    return { status: 200, body: { data: { data: [], pagination: { ...body.data.pagination, has_next: true } } } };
  });

  const { pageInfo } = await listed(url);

  expect(pageInfo.hasNextPage).toBe(true);
  expect(upstream.received).toHaveLength(10);
});

describe("an argument that is not valid", () => {
  const cursor = (text: string) => Buffer.from(text).toString("base64url");

  test.each([
    [{ first: 0 }, "first"],
    [{ first: -1 }, "first"],
    [{ first: 101 }, "first"],
    [{ after: "" }, "after"],
    [{ after: "canary" }, "after"],
    [{ after: cursor("1:20:100:0") }, "after"],
    [{ after: cursor("9:20:100:100") }, "after"],
    [{ after: `${cursor("1:20:100:100")}=` }, "after"],
  ])("is the caller's mistake, and nothing is sent: %j", async (variables, name) => {
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

  test("is not looked at without a token", async () => {
    const { url } = await startWithRows(mixedRows);

    const response = await send(url, { query: listQuery, variables: { first: 0 } }, {});

    expect(onlyError(response).extensions.code).toBe("UNAUTHENTICATED");
  });

  test.each([{ first: 1 }, { first: 100 }, { after: null }])("is not %j", async (variables) => {
    const { url } = await startWithRows(mixedRows);

    expect((await listed(url, variables)).pageInfo.hasPreviousPage).toBe(false);
  });
});

describe("a page that differs from the documentation is UPSTREAM_BAD_RESPONSE", () => {
  const pagination = { current_page: 1, per_page: 10, total_records: 1, total_pages: 1, has_next: false };
  const withPagination = (changes: object) => ({ data: [extraction(1)], pagination: { ...pagination, ...changes } });
  const withRow = (row: unknown) => ({ data: [extraction(1), row], pagination });

  test.each<[string, unknown]>([
    ["another page", withPagination({ current_page: 2 })],
    ["a page number that is a string", withPagination({ current_page: "1" })],
    ["no pagination", { data: [] }],
    ["a pagination that is null", { data: [], pagination: null }],
    ["no page size", withPagination({ per_page: undefined })],
    ["a page size of 0", withPagination({ per_page: 0 })],
    ["a page size that no cursor can hold", withPagination({ per_page: 1e13 })],
    ["a page size that is a string", withPagination({ per_page: "10" })],
    ["a page size that is not whole", withPagination({ per_page: 1.5 })],
    [
      "more rows than its page size",
      { data: [extraction(1), extraction(2)], pagination: { ...pagination, per_page: 1 } },
    ],
    ["no has_next", withPagination({ has_next: undefined })],
    ["a has_next that is a string", withPagination({ has_next: "true" })],
    ["no rows", { pagination }],
    ["rows that are not a list", { data: { 0: extraction(1) }, pagination }],
    ["the rows at the wrong place", [extraction(1)]],
    ["a row that is null", withRow(null)],
    ["a row that is a string", withRow("row")],
    ["a row without an ID", withRow({ ...other(2), id: undefined })],
    ["a row whose ID is a number", withRow({ ...extraction(2), id: 2 })],
    ["a row without a type", withRow({ ...extraction(2), type: undefined })],
    ["a row without a name", withRow({ ...extraction(2), name: undefined })],
    ["a row whose is_active is a string", withRow({ ...extraction(2), is_active: "true" })],
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

    const response = await list(url);

    expect(onlyError(response).extensions.code).toBe("UPSTREAM_BAD_RESPONSE");
    expect(upstream.received).toHaveLength(2);
  });
});

describe("a page of 100 rows that ContactSwing does not return", () => {
  const manyRows = Array.from({ length: 230 }, (_, index) => extraction(index));
  const rejection: ScriptedResponse = {
    status: 422,
    body: { detail: [{ type: "less_than_equal", loc: ["query", "per_page"], msg: "Input should be at most 50" }] },
  };
  const isLarge = ({ path }: ReceivedRequest) => path.endsWith("per_page=100");
  const tooLarge = (request: ReceivedRequest) => {
    const { body } = pageOf(manyRows, request) as { body: { data: object } };
    return { status: 200, body: { ...body, padding: "x".repeat(1_048_576) } };
  };

  test.each<[string, (request: ReceivedRequest) => ScriptedResponse]>([
    ["because it rejects the page size", () => rejection],
    ["because it is over 1 MiB", tooLarge],
  ])("%s is requested as pages of 10 rows", async (_case, respond) => {
    const { url, requests } = await start((request) =>
      isLarge(request) ? respond(request) : pageOf(manyRows, request),
    );

    const { edges, pageInfo } = await listed(url, { first: 15 });
    const next = await listed(url, { first: 10, after: pageInfo.endCursor });

    expect([...edges, ...next.edges].map(({ node }) => node.id)).toEqual(idsOf(manyRows).slice(0, 25));
    expect(requests().map((request) => request.slice("GET /v2/_actions?".length))).toEqual([
      "page=1&per_page=100",
      "page=1&per_page=10",
      "page=2&per_page=10",
      "page=2&per_page=10",
      "page=3&per_page=10",
    ]);
  });

  test("in the middle of the list is requested as the ten pages with the same rows", async () => {
    const { url, requests } = await start((request) =>
      request.path.endsWith("page=2&per_page=100") ? tooLarge(request) : pageOf(manyRows, request),
    );

    const { pageInfo } = await listed(url, { first: 100 });
    const { edges } = await listed(url, { first: 12, after: pageInfo.endCursor });

    expect(edges.map(({ node }) => node.id)).toEqual(idsOf(manyRows).slice(100, 112));
    expect(
      requests()
        .slice(1)
        .map((request) => request.slice("GET /v2/_actions?".length)),
    ).toEqual(["page=2&per_page=100", "page=11&per_page=10", "page=12&per_page=10"]);
  });

  test("because of an error, however long, is not requested again", async () => {
    const { url, upstream } = await start(() => ({ status: 503, body: "x".repeat(1_048_577) }));

    expect(onlyError(await list(url)).extensions).toMatchObject({ code: "UPSTREAM_ERROR", upstream: { status: 503 } });
    expect(upstream.received).toHaveLength(1);
  });

  test.each<[string, (request: ReceivedRequest) => ScriptedResponse, number]>([
    ["rejects that page size too", () => rejection, 422],
    ["returns more than 1 MiB for 10 rows too", tooLarge, 200],
  ])("is UPSTREAM_BAD_RESPONSE without field errors if it %s", async (_case, respond, status) => {
    const { url, upstream } = await start(respond);

    const { requestId: _requestId, ...extensions } = onlyError(await list(url)).extensions;

    expect(extensions).toEqual({
      code: "UPSTREAM_BAD_RESPONSE",
      retryable: false,
      upstream: { status, ctxId: null },
    });
    expect(upstream.received).toHaveLength(2);
  });
});

describe("the details of a listed action", () => {
  const query = `{
    dataExtractionActions { edges { node { id isActive description webhook { name type rawType } } } }
    again: dataExtractionActions(first: 2) { edges { node { description webhook { name } } } }
    dataExtractionAction(id: "act-1") { description }
  }`;
  const webhook = { name: "interested", type: "yes/no" };
  const startWith = (rows: readonly RestRow[], byId: ScriptedResponse) =>
    start((request) => (request.path.startsWith("/v2/_actions?") ? pageOf(rows, request) : byId));
  const readById: ScriptedResponse = {
    status: 200,
    body: { data: { ...extraction(1), is_active: true, description: "by ID", webhook: { ...webhook, type: "other" } } },
  };
  const requestsById = (requests: readonly string[]) => requests.filter((request) => !request.includes("?")).sort();

  test("come from the row if it has them", async () => {
    const rows = [
      { ...extraction(2), description: "row", webhook },
      { ...extraction(3), description: null, webhook: null },
    ];
    const { url, requests } = await startWith(rows, readById);

    const { body } = await list(url, {}, query.replace('dataExtractionAction(id: "act-1") { description }', ""));

    expect(body.data.dataExtractionActions.edges).toEqual([
      {
        node: {
          id: "act-2",
          isActive: true,
          description: "row",
          webhook: { name: "interested", type: "YES_NO", rawType: "yes/no" },
        },
      },
      { node: { id: "act-3", isActive: false, description: null, webhook: null } },
    ]);
    expect(requestsById(requests())).toEqual([]);
  });

  test("are read by ID, once per action and request, if the row does not have them", async () => {
    const { url, requests } = await startWith([extraction(1), { ...extraction(2), webhook }], readById);

    const { body } = await list(url, {}, query);

    expect(body.errors).toBeUndefined();
    expect(body.data.dataExtractionActions.edges).toEqual([
      {
        node: {
          id: "act-1",
          isActive: false,
          description: "by ID",
          webhook: { name: "interested", type: null, rawType: "other" },
        },
      },
      {
        node: {
          id: "act-2",
          isActive: true,
          description: "by ID",
          webhook: { name: "interested", type: "YES_NO", rawType: "yes/no" },
        },
      },
    ]);
    expect(requestsById(requests())).toEqual(["GET /v2/_actions/act-1", "GET /v2/_actions/act-2"]);
  });

  test("are not read by ID for isActive, even if the row does not have it", async () => {
    const { url, requests } = await startWith([{ ...extraction(1), is_active: undefined }], readById);

    const { edges } = await listed(url);

    expect(edges[0]?.node).toEqual({ id: "act-1", name: "Action 1", type, isActive: null });
    expect(requestsById(requests())).toEqual([]);
  });

  test("are null if the action is gone by then", async () => {
    const { url } = await startWith([extraction(1)], { status: 404, body: { detail: "Action not found" } });

    const { body } = await list(url, {}, "{ dataExtractionActions { edges { node { id description } } } }");

    expect(body).toEqual({
      data: { dataExtractionActions: { edges: [{ node: { id: "act-1", description: null } }] } },
    });
  });

  test("fail by themselves, like a read", async () => {
    const { url } = await startWith([extraction(1)], { status: 503 });

    const response = await list(url, {}, "{ dataExtractionActions { edges { node { id description } } } }");

    expect(response.body.data.dataExtractionActions.edges).toEqual([{ node: { id: "act-1", description: null } }]);
    const { path, extensions } = onlyError(response);
    expect(path).toEqual(["dataExtractionActions", "edges", 0, "node", "description"]);
    expect(extensions).toMatchObject({ code: "UPSTREAM_ERROR", retryable: true, upstream: { status: 503 } });
    expect(extensions).not.toHaveProperty("outcome");
  });
});
