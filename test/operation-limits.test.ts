import { expect, test } from "@jest/globals";
import { getIntrospectionQuery } from "graphql";
import { onlyError, send } from "./helpers/graphql.ts";
import { startSandboxedService, startService, startWithUpstream } from "./helpers/service.ts";

const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));
const aliased = (count: number, from = 0) => times(count, (i) => `a${from + i}: __typename`).join(" ");
const creates = (count: number) =>
  times(count, (i) => `a${i}: createDataExtractionAction(input: { name: "n${i}", webhook: {} }) { ctxId }`).join(" ");
const doubling = (selection: string) =>
  `${times(60, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(" ")} fragment F60 on Query { ${selection} }`;
const entityQuery = (aliases: number) =>
  `query ($r: [_Any!]!) { ${times(aliases, (i) => `e${i}: _entities(representations: $r) { ... on DataExtractionAction { id } }`).join(" ")} }`;
const references = (count: number) => times(count, (i) => ({ __typename: "DataExtractionAction", id: `none-${i}` }));

// How depth, aliases, and directives are counted is in unit/operation-limits.test.ts.
test.each<[string, string, RegExp, Record<string, unknown>?]>([
  ["11 root fields", `{ ${aliased(11)} }`, /10 root fields/],
  [
    "11 root fields in fragments",
    `{ ...A ... { ${aliased(5)} } } fragment A on Query { ${aliased(6, 5)} }`,
    /10 root fields/,
  ],
  [
    "11 root fields that directives do not exclude",
    `query ($a: Boolean! = true) { ${aliased(10)} b: __typename @include(if: $a) }`,
    /10 root fields/,
  ],
  ["11 create requests", `mutation { ${creates(11)} }`, /10 root fields/],
  [
    "a mutation of 1000 tokens",
    `mutation { ${creates(10)} ${"# a comment\n __typename ".repeat(900)} }`,
    /1,000 tokens/,
  ],
  [
    "1001 tokens of a query about a mutation",
    `query Q { a(b: "mutation") mutation # mutation\n ${"id ".repeat(995)}}`,
    /1,000 tokens/,
  ],
  ["1001 tokens", `{ dataExtractionAction(id: "x") { ${"id ".repeat(991)}} }`, /1,000 tokens/],
  ["1001 representations", entityQuery(1), /1,000 entities/, { r: references(1001) }],
  ["1001 representations in aliases", entityQuery(11), /1,000 entities/, { r: references(91) }],
])("rejects %s with HTTP 400, without an upstream request", async (_case, query, message, variables = {}) => {
  const { upstream, url, lines } = await startWithUpstream();

  const response = await send(url, { query, variables });

  expect(response.status).toBe(400);
  const code = "OPERATION_LIMIT_EXCEEDED";
  const requestId = response.headers.get("x-request-id");
  const ofMutation = query.startsWith("mutation") ? { outcome: "NOT_CREATED", retryable: false } : {};
  expect(response.body).toEqual({
    errors: [{ message: expect.stringMatching(message), extensions: { code, requestId, ...ofMutation } }],
  });
  expect(lines()).toMatchObject([{ "http.response.status_code": 400, "error.code": code }]);
  expect(upstream.received).toEqual([]);
});

const fullCreate = (i: number) => `a${i}: createDataExtractionAction(input: {
  name: "n${i}", description: "d", actionTiming: DURING, type: SINGLEDATAEXTRACTION, idempotencyKey: "k${i}"
  webhook: { mandatory: true, name: "n", description: "d", type: YES_NO, syncData: true, syncModule: "m", syncField: "f" }
}) {
  ctxId replayed action {
    id name type description isActive webhook { mandatory name description type rawType syncData syncModule syncField }
  }
}`;

test.each<[string, string, Record<string, unknown>?]>([
  ["10 root fields", `{ ${aliased(10)} }`],
  ["10 create requests with every field", `mutation { ${times(10, fullCreate).join(" ")} }`],
  [
    "one root field that many fragments select",
    `{ ${"...A ...B __typename ".repeat(6)} } fragment A on Query { __typename } fragment B on Query { ...A }`,
  ],
  ["one root field in fragments that double", `{ ...F0 } ${doubling("__typename")}`],
  [
    "root fields that directives exclude",
    `query ($no: Boolean!) { ${aliased(10)} ${times(5, (i) => `b${i}: __typename @include(if: $no)`).join(" ")} ... @skip(if: true) { ${aliased(5, 20)} } }`,
    { no: false },
  ],
  ["11 aliases of _entities, as a gateway's batch has", entityQuery(11), { r: references(90) }],
  ["1000 representations", entityQuery(1), { r: references(1000) }],
  [
    "1000 tokens",
    `{ _entities(representations: [${'{ __typename: "DataExtractionAction", id: "" } '.repeat(123)}]) { ${"__typename ".repeat(5)} } }`,
  ],
  ["the introspection query", getIntrospectionQuery()],
])("executes %s", async (_case, query, variables = {}) => {
  const { url } = await startSandboxedService();

  const response = await send(url, { query, variables });

  expect(response.body.errors).toBeUndefined();
  expect(response.status).toBe(200);
});

test("counts only the root fields of the operation that is executed", async () => {
  const { url } = await startService({});
  const query = `query A { __typename } query B { ${aliased(11)} }`;

  expect((await send(url, { query, operationName: "A" })).body).toEqual({ data: { __typename: "Query" } });
  expect(onlyError(await send(url, { query, operationName: "B" })).extensions.code).toBe("OPERATION_LIMIT_EXCEEDED");
});
