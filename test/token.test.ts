import { inspect } from "node:util";
import { expect, test } from "@jest/globals";
import { BearerToken } from "../src/auth/bearer-token.ts";
import { create, createMutation, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { parseResponse, sendRaw } from "./helpers/raw-http.ts";
import { startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

async function start() {
  const upstream = await startUpstream();
  return { upstream, ...(await startService({ CONTACTSWING_URL: upstream.url })) };
}

const unauthenticated = { code: "UNAUTHENTICATED", outcome: "NOT_CREATED", retryable: false };

test.each([
  ["is missing", {}],
  ["is empty", { authorization: "" }],
  ["has another scheme", { authorization: "Basic dXNlcjpwYXNz" }],
  ["has no token", { authorization: "Bearer " }],
  ["has two tokens", { authorization: "Bearer a b" }],
  ["has characters outside RFC 6750", { authorization: "Bearer a,b" }],
  ["has padding in the middle", { authorization: "Bearer a=b" }],
  ["has a parameter", { authorization: 'Bearer token="a"' }],
])(
  "rejects a request whose token %s before it looks at the input, without an upstream request",
  async (_case, headers) => {
    const { upstream, url } = await start();

    const response = await create(url, { name: "", webhook: {} }, headers as Record<string, string>);

    expect(response.status).toBe(200);
    expect(onlyError(response).extensions).toEqual({
      ...unauthenticated,
      requestId: response.headers.get("x-request-id"),
    });
    expect(upstream.received).toEqual([]);
  },
);

test("rejects a request with two Authorization headers, of which Node.js would keep the first", async () => {
  const { upstream, url } = await start();
  const body = JSON.stringify({ query: createMutation, variables: { input: minimalInput } });
  const head = ["POST /graphql HTTP/1.1", "host: bff", "connection: close", "content-type: application/json"];

  const text = await sendRaw(
    url,
    [...head, "authorization: Bearer a", "authorization: Bearer b", `content-length: ${body.length}`, "", body].join(
      "\r\n",
    ),
  );

  expect(JSON.parse(parseResponse(text).body).errors[0].extensions).toMatchObject(unauthenticated);
  expect(upstream.received).toEqual([]);
});

test.each(["Bearer abc", "bearer abc", "BEARER   abc", "Bearer A-Za-z0-9._~+/=="])(
  "forwards %j unchanged",
  async (authorization) => {
    const { upstream, url } = await start();

    await create(url, minimalInput, { authorization });

    expect(upstream.received.map(({ headers }) => headers.authorization)).toEqual([authorization]);
  },
);

test("requires a token for every read of ContactSwing, and for nothing else", async () => {
  const { upstream, url } = await start();
  const entities = '{ _entities(representations: [{ __typename: "DataExtractionAction", id: "a" }]) { __typename } }';

  for (const query of [
    '{ dataExtractionAction(id: "") { id } }',
    "{ dataExtractionActions { edges { cursor } } }",
    entities,
  ]) {
    const { extensions } = onlyError(await send(url, { query }, {}));
    expect(extensions).toMatchObject({ code: "UNAUTHENTICATED", retryable: false });
    expect(extensions.outcome).toBeUndefined();
  }
  const open = await send(url, { query: "{ __typename _service { sdl } __schema { queryType { name } } }" }, {});

  expect(open.body.errors).toBeUndefined();
  expect(upstream.received).toEqual([]);
});

test("a token does not show itself, however it is printed", () => {
  const token = BearerToken.parse("Bearer canary-token");

  expect(token?.reveal()).toBe("canary-token");
  expect(
    [String(token), `${token}`, JSON.stringify({ token }), inspect({ token }, { showHidden: true, depth: 9 })].join(),
  ).not.toContain("canary");
  expect(Object.keys(token ?? {})).toEqual([]);
});
