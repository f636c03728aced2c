import { expect, test } from "@jest/globals";
import { authorized, create, minimalInput, send } from "./helpers/graphql.ts";
import { startSandboxedService, startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

const json = { "content-type": "application/json" };

test.each([
  ["bad JSON", { method: "POST", headers: json, body: '{"query":' }, 400, "BAD_REQUEST"],
  ["an empty body", { method: "POST", headers: json, body: "" }, 400, "BAD_REQUEST"],
  ["an object without keys", { method: "POST", headers: json, body: "{}" }, 400, "BAD_REQUEST"],
  ["a batch", { method: "POST", headers: json, body: '[{"query":"{__typename}"}]' }, 400, "BAD_REQUEST"],
  [
    "a prototype key",
    { method: "POST", headers: json, body: '{"__proto__":{},"query":"{__typename}"}' },
    400,
    "BAD_REQUEST",
  ],
  [
    "another media type",
    { method: "POST", headers: { "content-type": "text/plain" }, body: "{}" },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a form",
    { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=b" },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a body over 100 KiB",
    { method: "POST", headers: json, body: JSON.stringify({ query: "#".repeat(102_400) }) },
    413,
    "PAYLOAD_TOO_LARGE",
  ],
  ["another method", { method: "PUT", headers: json, body: "{}" }, 405, "METHOD_NOT_ALLOWED"],
  ["a syntax error", { method: "POST", headers: json, body: '{"query":"{"}' }, 400, "GRAPHQL_PARSE_FAILED"],
  [
    "an unknown field",
    { method: "POST", headers: json, body: '{"query":"{ nope }"}' },
    400,
    "GRAPHQL_VALIDATION_FAILED",
  ],
  [
    "an unknown operation",
    { method: "POST", headers: json, body: '{"query":"query A { __typename }","operationName":"B"}' },
    400,
    "OPERATION_RESOLUTION_FAILURE",
  ],
  [
    "a compressed body",
    { method: "POST", headers: { ...json, "content-encoding": "gzip" }, body: '{"query":"{__typename}"}' },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a persisted query of another document",
    {
      method: "POST",
      headers: json,
      body: '{"query":"{__typename}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"0"}}}',
    },
    400,
    "BAD_REQUEST",
  ],
  [
    "a persisted query of a version to come",
    { method: "POST", headers: json, body: '{"query":"{__typename}","extensions":{"persistedQuery":{"version":2}}}' },
    400,
    "BAD_REQUEST",
  ],
  ["a GET without anything that a browser cannot send", { method: "GET" }, 400, "BAD_REQUEST"],
  [
    "an answer format that does not exist",
    { method: "POST", headers: { ...json, accept: "text/html" }, body: '{"query":"{__typename}"}' },
    406,
    "NOT_ACCEPTABLE",
  ],
])(
  "answers %s in the shape of a GraphQL answer, with the request id and a log line",
  async (_case, init, status, code) => {
    const { url, logLines } = await startService({});

    const response = await fetch(`${url}/graphql`, init as RequestInit);
    const body = (await response.json()) as object;

    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toMatch(/^application\/json/);
    const requestId = response.headers.get("x-request-id");
    expect(body).toMatchObject({ errors: [{ message: expect.any(String), extensions: { code, requestId } }] });
    expect(Object.keys(body)).toEqual(["errors"]);
    const lines = logLines.map((line) => JSON.parse(line)).filter((line) => line["http.request.id"] === requestId);
    expect(lines).toMatchObject([{ "http.response.status_code": status, "error.code": [code] }]);
  },
);

test("does not do a write whose answer the caller could not take", async () => {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const answer = await create(url, minimalInput, { ...authorized, accept: "text/html" });

  expect(answer.status).toBe(406);
  expect(upstream.received).toEqual([]);
});

test.each([
  [undefined, "application/json; charset=utf-8"],
  ["*/*", "application/json; charset=utf-8"],
  ["application/json", "application/json; charset=utf-8"],
  ["application/json; charset=utf-8", "application/json; charset=utf-8"],
  [
    "application/graphql-response+json;charset=UTF-8, application/json; charset=utf-8",
    "application/graphql-response+json; charset=utf-8",
  ],
  ["application/graphql-response+json", "application/graphql-response+json; charset=utf-8"],
  ["application/graphql-response+json, application/json;q=0.9", "application/graphql-response+json; charset=utf-8"],
])("answers Accept %s as %s", async (accept, expected) => {
  const { url } = await startSandboxedService();

  const answer = await create(url, minimalInput, { ...authorized, ...(accept ? { accept } : {}) });

  expect(answer.headers.get("content-type")).toBe(expected);
  expect(answer.body.errors).toBeUndefined();
});

test("runs queries over GET, never mutations", async () => {
  const { url, sandbox } = await startSandboxedService();
  const get = (query: string) => fetch(`${url}/graphql?${new URLSearchParams({ query })}`, { headers: authorized });

  const read = await get("{ __typename }");
  const write = await get('mutation { createDataExtractionAction(input: { name: "a", webhook: {} }) { ctxId } }');

  expect(await read.json()).toEqual({ data: { __typename: "Query" } });
  expect(write.status).toBe(405);
  expect(await write.json()).toMatchObject({
    errors: [{ extensions: { code: "BAD_REQUEST", outcome: "NOT_CREATED" } }],
  });
  expect(sandbox.requests).toEqual([]);
});

test("keeps a harmless request id and replaces any other", async () => {
  const { url } = await startService({});
  const idFor = async (given: string) => {
    const answer = await send(url, { query: "{ __typename }" }, { "x-request-id": given });
    return answer.headers.get("x-request-id");
  };

  expect(await idFor("A-z_0.9")).toBe("A-z_0.9");
  expect(await idFor("x".repeat(128))).toBe("x".repeat(128));
  for (const hostile of ["x".repeat(129), "a b", "a,b", 'a"b', "é"]) {
    expect(await idFor(hostile)).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("supports automatic persisted queries", async () => {
  const { url } = await startService({});
  const query = "{ __typename }";
  const { createHash } = await import("node:crypto");
  const extensions = { persistedQuery: { version: 1, sha256Hash: createHash("sha256").update(query).digest("hex") } };

  const unknown = await send(url, { extensions });
  const registered = await send(url, { query, extensions });
  const known = await send(url, { extensions });

  expect(unknown.status).toBe(404);
  expect(unknown.body.errors?.[0]?.extensions).toEqual({
    code: "PERSISTED_QUERY_NOT_FOUND",
    requestId: unknown.headers.get("x-request-id"),
  });
  expect(registered.body.data).toEqual({ __typename: "Query" });
  expect(known.body.data).toEqual({ __typename: "Query" });
});

test("tells that it lives, and whether it is ready", async () => {
  const { url, service } = await startService({});
  const status = async (path: string) => (await fetch(`${url}${path}`)).status;

  expect([await status("/health/live"), await status("/health/ready")]).toEqual([200, 200]);
  service.drain();
  expect([await status("/health/live"), await status("/health/ready")]).toEqual([200, 503]);
});

test.each(["/", "/graphql/x", "/%ff", "/graphql%ff"])("answers the unknown path %s in the same shape", async (path) => {
  const { url } = await startService({});

  const response = await fetch(url + path);

  expect(response.status).toBe(404);
  const requestId = response.headers.get("x-request-id");
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "NOT_FOUND", requestId } }] });
});
