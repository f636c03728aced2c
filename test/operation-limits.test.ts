import { createHash } from "node:crypto";
import { expect, test } from "@jest/globals";
import { getIntrospectionQuery } from "graphql";
import { maxReadsAtOnce } from "../src/actions/action-reader.ts";
import { authorized, onlyError, send } from "./helpers/graphql.ts";
import { startSandboxedService, startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));
const aliased = (count: number) => times(count, (i) => `a${i}: __typename`).join(" ");
const creates = (count: number) =>
  times(count, (i) => `a${i}: createDataExtractionAction(input: { name: "n${i}", webhook: {} }) { ctxId }`).join(" ");
const nested = (depth: number) => `{ ${"ofType { ".repeat(depth - 3)}name${" }".repeat(depth - 3)} }`;

test.each([
  ["11 root fields", `{ ${aliased(11)} }`, /more than 10 root fields/],
  ["the same root field 11 times", `{ ${"__typename ".repeat(11)}}`, /more than 10 root fields/],
  [
    "11 root fields in fragments",
    `{ ...A ... { ${aliased(5)} } } fragment A on Query { ${aliased(6)} }`,
    /root fields/,
  ],
  [
    "11 root fields by a fragment that is spread again and again",
    `{ ${"...A ".repeat(11)} } fragment A on Query { __typename }`,
    /root fields/,
  ],
  [
    "fragments that double 60 times",
    `{ ...F0 } ${times(60, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(" ")} fragment F60 on Query { __typename }`,
    /root fields/,
  ],
  [
    "11 root fields in the operation that is not asked for",
    `query A { __typename } query B { ${aliased(11)} }`,
    /root/,
  ],
  [
    "31 aliases",
    `{ dataExtractionAction(id: "x") { ${times(31, (i) => `a${i}: id`).join(" ")} } }`,
    /more than 30 aliases/,
  ],
  [
    "31 aliases in a fragment that is spread again and again",
    `{ ${times(4, (i) => `r${i}: dataExtractionAction(id: "x") { ...A }`).join(" ")} }
     fragment A on DataExtractionAction { ${times(7, (i) => `a${i}: id`).join(" ")} }`,
    /more than 30 aliases/,
  ],
  ["17 levels", `{ __type(name: "Query") ${nested(18)} }`, /more than 16 fields deep/],
  ["levels of fields that do not exist", `${"{ a ".repeat(200)}${"}".repeat(200)}`, /more than 16 fields deep/],
  ["51 directives on a field", `{ __typename ${"@include(if: true) ".repeat(51)}}`, /more than 50 directives/],
  ["51 directives that do not exist, on the operation", `query ${"@a ".repeat(51)}{ __typename }`, /more than 50 dir/],
  ["51 directives on a variable", `query ($a: Int ${"@a ".repeat(51)}) { __typename }`, /more than 50 directives/],
  [
    "51 directives on a fragment, wherever it is spread",
    `{ ${"...A ".repeat(3)} } fragment A on Query ${"@a ".repeat(17)}{ __typename }`,
    /more than 50 directives/,
  ],
  ["1001 tokens", `{ dataExtractionAction(id: "x") { ${"id ".repeat(991)}} }`, /more than 1000 tokens/],
  ["100 KB of tokens", `{ ${"a ".repeat(50_000)}}`, /more than 1000 tokens/],
  ["a list of lists without end", `{ a(b: ${"[".repeat(50_000)}`, /more than 1000 tokens/],
])("refuses %s: OPERATION_LIMIT_EXCEEDED with HTTP 400, once", async (_case, query, message) => {
  const { url, logLines } = await startService({});
  const document = query.trim();

  const post = await send(url, { query: document, operationName: document.includes("query B") ? "A" : undefined }, {});

  expect(post.status).toBe(400);
  expect(post.body).toEqual({
    errors: [
      {
        message: expect.stringMatching(message),
        extensions: { code: "OPERATION_LIMIT_EXCEEDED", requestId: post.headers.get("x-request-id") },
      },
    ],
  });
  expect(logLines.map((line) => JSON.parse(line))).toMatchObject([
    { "http.response.status_code": 400, "error.code": ["OPERATION_LIMIT_EXCEEDED"] },
  ]);
});

test.each([
  ["root fields", creates(11)],
  ["tokens", `${creates(10)} ${"# a comment\n __typename ".repeat(900)}`],
])("says of a mutation with too many %s that nothing was created, and sends nothing", async (_case, selections) => {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const answer = await send(url, { query: `mutation Many { ${selections} }` });

  expect(answer.status).toBe(400);
  expect(onlyError(answer).extensions).toEqual({
    code: "OPERATION_LIMIT_EXCEEDED",
    requestId: answer.headers.get("x-request-id"),
    outcome: "NOT_CREATED",
    retryable: false,
  });
  expect(upstream.received).toEqual([]);
});

test("creates ten actions in one operation, with every field written inline", async () => {
  const { url, sandbox } = await startSandboxedService();
  const create = (i: number) => `a${i}: createDataExtractionAction(input: {
    name: "n${i}", description: "d", actionTiming: DURING, type: SINGLEDATAEXTRACTION, idempotencyKey: "k${i}"
    webhook: {
      mandatory: true, name: "n", description: "d", type: YES_NO, syncData: true, syncModule: "m", syncField: "f"
    }
  }) {
    ctxId replayed
    action { id name type description isActive
      webhook { mandatory name description type syncData syncModule syncField } }
  }`;

  const answer = await send(url, { query: `mutation { ${times(10, create).join("\n")} }` });

  expect(answer.body.errors).toBeUndefined();
  expect(Object.keys(answer.body.data)).toHaveLength(10);
  expect(sandbox.requests.filter(({ method }) => method === "POST")).toHaveLength(10);
});

test.each([
  ["10 root fields", `{ ${aliased(10)} }`],
  ["30 aliases", `{ dataExtractionAction(id: "x") { ${times(30, (i) => `a${i}: id`).join(" ")} } }`],
  ["50 directives", `{ dataExtractionAction(id: "x") { ${"id @skip(if: false) ".repeat(50)} } }`],
  [
    "1000 tokens",
    `{ _entities(representations: [${'{ __typename: "DataExtractionAction", id: "" } '.repeat(123)}]) {
      ${"__typename ".repeat(5)} } }`,
  ],
  [
    "the introspection query with everything in it",
    getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    }),
  ],
])("executes %s", async (_case, query) => {
  const { url } = await startSandboxedService();

  const answer = await send(url, { query });

  expect(answer.body.errors).toBeUndefined();
  expect(answer.status).toBe(200);
});

test("looks up a gateway's thousand representations in one operation, a few at a time", async () => {
  let underWay = 0;
  let most = 0;
  const upstream = await startUpstream(async () => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return { status: 404, body: { detail: "Action not found" } };
  });
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });
  const query = `query ($representations: [_Any!]!) {
    _entities(representations: $representations) { ... on DataExtractionAction { id name } }
  }`;
  const representations = times(1000, (i) => ({ __typename: "DataExtractionAction", id: `none-${i}` }));

  const answer = await send(url, { query, variables: { representations } });

  expect(answer.body).toEqual({ data: { _entities: representations.map(() => null) } });
  expect(upstream.received).toHaveLength(1000);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(maxReadsAtOnce);
});

test("holds for queries by GET and for persisted queries", async () => {
  const { url } = await startService({});
  const query = `{ ${aliased(11)} }`;
  const extensions = { persistedQuery: { version: 1, sha256Hash: createHash("sha256").update(query).digest("hex") } };

  const byGet = await fetch(`${url}/graphql?${new URLSearchParams({ query })}`, { headers: authorized });
  const registering = await send(url, { query, extensions });
  const registered = await send(url, { extensions });

  expect(byGet.status).toBe(400);
  expect(await byGet.json()).toMatchObject({ errors: [{ extensions: { code: "OPERATION_LIMIT_EXCEEDED" } }] });
  expect(onlyError(registering).extensions.code).toBe("OPERATION_LIMIT_EXCEEDED");
  expect(onlyError(registered).extensions.code).toBe("PERSISTED_QUERY_NOT_FOUND");
});

test.each([
  [16 * 1024, "keeps", { __typename: "Query" }],
  [16 * 1024 + 1, "does not keep", undefined],
])("executes a persisted query of %d characters and %s it", async (length, _verb, kept) => {
  const { url } = await startService({});
  const query = "{ __typename } #".padEnd(length, "x");
  const extensions = { persistedQuery: { version: 1, sha256Hash: createHash("sha256").update(query).digest("hex") } };

  const registering = await send(url, { query, extensions });
  const registered = await send(url, { extensions });

  expect(registering.body).toEqual({ data: { __typename: "Query" } });
  expect(registered.status).toBe(kept === undefined ? 404 : 200);
  expect(registered.body.data).toEqual(kept);
  if (kept === undefined) expect(onlyError(registered).extensions.code).toBe("PERSISTED_QUERY_NOT_FOUND");
});

test.each([
  ["a syntax error", "{ a( }", "GRAPHQL_PARSE_FAILED"],
  ["a character that starts no token, far into a long document", `{ ${"a ".repeat(500)}\u0000`, "GRAPHQL_PARSE_FAILED"],
  [
    "fragments in a circle",
    "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "GRAPHQL_VALIDATION_FAILED",
  ],
  ["a fragment that does not exist", "{ ...A }", "GRAPHQL_VALIDATION_FAILED"],
])("keeps the code of %s", async (_case, query, code) => {
  const { url } = await startService({});

  const answer = await send(url, { query });

  expect(answer.status).toBe(400);
  expect(answer.body.errors?.map(({ extensions }) => extensions.code)).toContain(code);
});

test("lists at most twenty problems of a document and the note that there are more", async () => {
  const { url } = await startService({});

  const answer = await send(url, {
    query: `{ dataExtractionAction(id: "x") { ${times(300, (i) => `x${i}`).join(" ")} } }`,
  });

  expect(answer.body.errors).toHaveLength(21);
});
