import { expect, test } from "@jest/globals";
import {
  extraction,
  idsOf,
  list,
  listed,
  mixedRows,
  other,
  request,
  startWithRows,
  type,
} from "./helpers/action-list.ts";
import { onlyError, send } from "./helpers/graphql.ts";
import { startSandboxedService } from "./helpers/service.ts";

// Which pages are requested for any list and any cursor is in unit/walk-pages.test.ts.

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

test("returns every action once and in order, across processes, although ContactSwing returns smaller pages", async () => {
  const services = [await startWithRows(mixedRows, 7), await startWithRows(mixedRows, 7)];
  const found: string[] = [];

  for (let after: string | null = null, hasNextPage = true; hasNextPage && found.length < 100; ) {
    const { url } = services.reverse()[0] as (typeof services)[0];
    const { ids, pageInfo } = await listed(url, { first: 4, after });
    found.push(...ids);
    ({ endCursor: after, hasNextPage } = pageInfo);
  }

  expect(found).toEqual(idsOf(mixedRows));
});

test("stops after 10 pages, and continues where it stopped", async () => {
  const rows = Array.from({ length: 1150 }, (_, index) => (index === 1120 ? extraction(index) : other(index)));
  const { url, requests } = await startWithRows(rows);

  const { ids, pageInfo } = await listed(url, { first: 1 });
  const next = await listed(url, { first: 1, after: pageInfo.endCursor });

  expect(ids).toEqual([]);
  expect(pageInfo).toMatchObject({ hasNextPage: true, startCursor: null, endCursor: expect.any(String) });
  expect(requests()).toEqual(Array.from({ length: 12 }, (_, index) => request(index + 1)));
  expect(next.ids).toEqual(["act-1120"]);
  const [cursor] = next.cursors;
  expect(next.pageInfo).toEqual({
    hasNextPage: false,
    hasPreviousPage: true,
    startCursor: cursor,
    endCursor: cursor,
  });
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
