import { expect, test } from "@jest/globals";
import { create, createMutation, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { parseResponse, sendRaw } from "./helpers/raw-http.ts";
import { startService, startWithUpstream } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

const unauthenticated = { code: "UNAUTHENTICATED", outcome: "NOT_CREATED", retryable: false };

// What a token may consist of is in unit/bearer-token.test.ts.
test.each<[string, Record<string, string>]>([
  ["is missing", {}],
  ["has another scheme", { authorization: "Basic dXNlcjpwYXNz" }],
  ["is two tokens", { authorization: "Bearer a b" }],
])("rejects a request whose token %s before it looks at the input, without a request", async (_case, headers) => {
  const { upstream, url } = await startWithUpstream();

  const response = await create(url, { name: "", webhook: {} }, headers);

  expect(response.status).toBe(200);
  const requestId = response.headers.get("x-request-id");
  expect(onlyError(response).extensions).toEqual({ ...unauthenticated, requestId });
  expect(upstream.received).toEqual([]);
});

test("rejects the sandbox's demo token, with and without a suffix, in front of another ContactSwing", async () => {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url }, { rejectedToken: "demo" });
  const codeOf = async (token: string) => {
    const { body } = await create(url, minimalInput, { authorization: `Bearer ${token}` });
    return body.errors?.[0]?.extensions.code;
  };

  expect([await codeOf("demo"), await codeOf("demo.sandbox-429")]).toEqual(["UNAUTHENTICATED", "UNAUTHENTICATED"]);
  expect(upstream.received).toEqual([]);
  expect([await codeOf("demonstration"), await codeOf("a.demo.")]).toEqual([undefined, undefined]);
});

test("rejects a request with two Authorization headers, of which Node.js would keep the first", async () => {
  const { upstream, url } = await startWithUpstream();
  const body = JSON.stringify({ query: createMutation, variables: { input: minimalInput } });
  const head = ["POST /graphql HTTP/1.1", "host: bff", "connection: close", "content-type: application/json"];
  const tokens = ["authorization: Bearer a", "authorization: Bearer b"];

  const text = await sendRaw(url, [...head, ...tokens, `content-length: ${body.length}`, "", body].join("\r\n"));

  expect(JSON.parse(parseResponse(text).body).errors[0].extensions).toMatchObject(unauthenticated);
  expect(upstream.received).toEqual([]);
});

test("requires a token for every read of ContactSwing, whatever its arguments are, and for nothing else", async () => {
  const { upstream, url } = await startWithUpstream();
  const entities = (representation: string) => `{ _entities(representations: [${representation}]) { __typename } }`;

  for (const query of [
    '{ dataExtractionAction(id: "a") { id } }',
    '{ dataExtractionAction(id: "") { id } }',
    "{ dataExtractionActions { edges { cursor } } }",
    "{ dataExtractionActions(first: 0) { edges { cursor } } }",
    entities('{ __typename: "DataExtractionAction", id: "a" }'),
    entities('{ __typename: "Query" }'),
  ]) {
    const { extensions } = onlyError(await send(url, { query }, {}));
    expect([query, extensions.code, extensions.outcome]).toEqual([query, "UNAUTHENTICATED", undefined]);
  }
  const open = await send(url, { query: "{ __typename _service { sdl } __schema { queryType { name } } }" }, {});

  expect(open.body.errors).toBeUndefined();
  expect(upstream.received).toEqual([]);
});
