// Limits that are checked before anything expensive sees the request. What attacks cost is in attack-costs.test.ts.
import { gzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { onlyError, readResponse, send, sendText } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { eventually } from "./helpers/process.ts";
import { startSandboxedService, startWithUpstream } from "./helpers/service.ts";

const token = { authorization: "Bearer t" };
const query = "{ __typename }";

const bodies: [string, (count: number) => unknown][] = [
  ["list items", (count) => Array.from({ length: count }, () => 0)],
  ["empty objects", (count) => Array.from({ length: count }, () => ({}))],
  ["members", (count) => Object.fromEntries(Array.from({ length: count }, (_, index) => [index, 0]))],
  ["lists in lists", (count) => Array.from({ length: count / 2 }, () => [0])],
];

test.each(bodies)("a body may have 20,000 JSON values, also compressed: %s", async (_case, make) => {
  const { url } = await startWithUpstream();
  // `query`, `variables`, and `x` are three of them.
  const textOf = (count: number) => JSON.stringify({ query, variables: { x: make(count - 4) }, extensions: {} });
  const compressed = async (text: string) => {
    const headers = { "content-type": "application/json", "content-encoding": "gzip", ...token };
    return readResponse(await fetch(`${url}/graphql`, { method: "POST", headers, body: gzipSync(text) }));
  };

  const accepted = [await sendText(url, textOf(20_000)), await compressed(textOf(20_000))];
  const rejected = [await sendText(url, textOf(20_002)), await compressed(textOf(20_002))];

  expect(accepted.map(({ status }) => status)).toEqual([200, 200]);
  expect(rejected.map(({ status }) => status)).toEqual([413, 413]);
  expect(rejected.map((response) => onlyError(response).extensions.code)).toEqual(Array(2).fill("PAYLOAD_TOO_LARGE"));
});

test("commas and brackets inside a text are no values", async () => {
  const { url } = await startWithUpstream();
  const text = ',[{\\"'.repeat(15_000);

  const { status } = await send(url, { query: `${query} # ${",".repeat(100_000)}`, variables: { text } });

  expect(status).toBe(200);
});

test("a content type of more than 256 characters is not read", async () => {
  const { url } = await startWithUpstream();
  const typed = (length: number) => ({
    ...token,
    "content-type": "application/json;".padEnd(length - 1, " ").concat("x"),
  });

  const body = JSON.stringify({ query });
  expect((await sendText(url, body, typed(256))).status).toBe(200);
  expect((await sendText(url, body, typed(257))).status).toBe(415);
});

test("a document may have 2,000 lines, however they end", async () => {
  const { url } = await startWithUpstream();
  const withLines = (lineEnd: string, count: number) => send(url, { query: `${lineEnd.repeat(count)}${query}` });

  for (const lineEnd of ["\n", "\r", "\r\n"]) {
    expect((await withLines(lineEnd, 2000)).status).toBe(200);
    const rejected = await withLines(lineEnd, 2001);
    expect(rejected.status).toBe(400);
    expect(onlyError(rejected)).toMatchObject({
      message: "The operation has more than 2,000 lines.",
      extensions: { code: "OPERATION_LIMIT_EXCEEDED" },
    });
  }
  const mutation = await send(url, { query: `mutation { createDataExtractionAction }${"\n".repeat(2001)}` });
  expect(onlyError(mutation).extensions).toMatchObject({ outcome: "NOT_CREATED", retryable: false });
});

const references = Array.from({ length: 1000 }, () => ({ __typename: "DataExtractionAction", id: "a" }));
const entities = (selection: string) => ({
  query: `query ($r: [_Any!]!) { _entities(representations: $r) { ... on DataExtractionAction { ${selection} } } }`,
  variables: { r: references },
});
const aliases = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(" ");

test("an operation whose response could have more than 20,000 values is rejected before anything is sent", async () => {
  const { upstream, url } = await startWithUpstream(() => ({
    status: 200,
    body: { data: { name: "n", type: "SINGLEDATAEXTRACTION" } },
  }));

  expect((await send(url, entities(aliases(18, "id")))).body.errors).toBeUndefined();
  const sent = upstream.received.length;
  const rejected = [
    await send(url, entities(aliases(20, "id"))),
    await send(url, entities(aliases(4, "webhook { a: name b: name c: name d: name }"))),
    await send(url, {
      query: `{ ${aliases(10, `dataExtractionActions(first: 100) { edges { node { ${aliases(20, "id")} } } }`)} }`,
    }),
  ];

  expect(rejected.map(({ status }) => status)).toEqual([400, 400, 400]);
  expect(rejected.map((response) => onlyError(response).extensions)).toMatchObject(
    Array(3).fill({ code: "OPERATION_LIMIT_EXCEEDED" }),
  );
  expect(upstream.received).toHaveLength(sent);
});

test("every value counts against the memory of its request, and a mutation keeps what its payload must have", async () => {
  const description = "x".repeat(9000);
  const { url } = await startWithUpstream(({ method }) =>
    method === "POST"
      ? { status: 201, body: { data: { action_id: "a" } } }
      : { status: 200, body: { data: { name: "n", type: "SINGLEDATAEXTRACTION", description } } },
  );

  const read = await send(url, entities(aliases(18, "description")));
  const written = await send(url, {
    query: `mutation { createDataExtractionAction(input: { name: "n", webhook: {} }) {
      action { id ${aliases(240, "description")} } ctxId
    } }`,
  });

  const tooLarge = { code: "OPERATION_LIMIT_EXCEEDED", retryable: false };
  expect(read.status).toBe(200);
  expect(read.body.errors?.[0]?.extensions).toMatchObject(tooLarge);
  expect(read.text.length).toBeLessThan(20 * 1024 * 1024);
  expect(written.body.data?.createDataExtractionAction.action.id).toBe("a");
  for (const { extensions } of written.body.errors ?? []) {
    expect(extensions).toMatchObject({ ...tooLarge, outcome: "CREATED" });
  }
});

test("counts the requests that are rejected while they are executed, because memory is short", async () => {
  const held = Promise.withResolvers<void>();
  const description = "x".repeat(600_000);
  const { url, upstream } = await startWithUpstream(async () => {
    await held.promise;
    return { status: 200, body: { data: { name: "n", type: "SINGLEDATAEXTRACTION", description } } };
  });
  const query = `{ dataExtractionAction(id: "a") { ${aliases(5, "description")} } }`;

  const responses = Array.from({ length: 12 }, () => send(url, { query }, { authorization: "Bearer t" }));
  await eventually(() => upstream.received.length === 12, "all reads to be sent");
  held.resolve();
  const codes = (await Promise.all(responses)).map(({ body }) => body.errors?.[0]?.extensions.code ?? "OK");

  expect(new Set(codes)).toEqual(new Set(["OK", "OVERLOADED"]));
  const { value } = await scrape(url);
  const count = codes.filter((code) => code === "OVERLOADED").length;
  expect(value("contactswing_bff_requests_shed_total", { reason: "memory" })).toBe(count);
});

test("rejects variables by their first 20 problems, without repeating them", async () => {
  const { url, upstream } = await startWithUpstream();
  const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`canary${index}`, "x".repeat(10)]));
  const mutation = `mutation ($input: CreateDataExtractionActionInput!) { ...F }
    fragment F on Mutation { createDataExtractionAction(input: $input) { ctxId } }`;

  const response = await send(url, { query: mutation, variables: { input: unknown } });

  expect(response.status).toBe(400);
  expect(onlyError(response).extensions.fieldErrors).toHaveLength(20);
  expect(response.text).not.toContain("canary");
  expect(upstream.received).toEqual([]);
});

test("introspection that walks in circles is rejected, also where introspection is on", async () => {
  const { url } = await startSandboxedService({ PLAYGROUND: "true" });
  const circle = (depth: number): string => (depth === 0 ? "name" : `fields { type { ${circle(depth - 1)} } }`);

  expect((await send(url, { query: `{ __schema { types { ${circle(1)} } } }` })).status).toBe(200);
  const rejected = await send(url, { query: `{ __schema { types { ${circle(6)} } } }` });

  expect(rejected.status).toBe(400);
  expect(rejected.body.errors?.[0]?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
});
