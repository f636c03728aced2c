import { createHash } from "node:crypto";
import { once } from "node:events";
import { type IncomingHttpHeaders, request } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { authorized, create, createMutation, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { startSandboxedService, startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";
import { waitFor } from "./helpers/wait-for.ts";

const json = { "content-type": "application/json" };
const query = '{"query":"{__typename}"}';
const typename = { data: { __typename: "Query" } };

interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

interface Response {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Sends what fetch would not: any method, and headers as they are given. */
function sendHttp(
  url: string,
  { method = "POST", path = "/graphql", headers = json, body }: Request,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method, headers, agent: false }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode, headers: response.headers, text });
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

const persisted = (persistedQuery: unknown) =>
  JSON.stringify({ query: "{__typename}", extensions: { persistedQuery } });
const tooLarge = JSON.stringify({ query: "#".repeat(256 * 1024) });

test.each<[string, Request, number, string, Record<string, string>?]>([
  ["invalid JSON", { body: '{"query":' }, 400, "BAD_REQUEST"],
  ["an empty body", { body: "" }, 400, "BAD_REQUEST"],
  ["an object without a query", { body: "{}" }, 400, "BAD_REQUEST"],
  ["a batch", { body: `[${query}]` }, 400, "BAD_REQUEST"],
  ["a prototype key", { body: '{"__proto__":{},"query":"{__typename}"}' }, 400, "BAD_REQUEST"],
  ["bytes that are not UTF-8", { body: Uint8Array.of(0x22, 0xff, 0x22) }, 400, "BAD_REQUEST"],
  ["gzip that is not", { headers: { ...json, "content-encoding": "gzip" }, body: query }, 400, "BAD_REQUEST"],
  [
    "brotli cut short",
    { headers: { ...json, "content-encoding": "br" }, body: brotliCompressSync(query).subarray(0, 9) },
    400,
    "BAD_REQUEST",
  ],
  [
    "a GET that a browser could send for another site",
    { method: "GET", headers: {}, path: "/graphql?query={__typename}" },
    400,
    "BAD_REQUEST",
  ],
  ["a GET without a query", { method: "GET", headers: authorized, path: "/graphql?query=" }, 400, "BAD_REQUEST"],
  ["a syntax error", { body: '{"query":"{"}' }, 400, "GRAPHQL_PARSE_FAILED"],
  ["an unknown field", { body: '{"query":"{ nope }"}' }, 400, "GRAPHQL_VALIDATION_FAILED"],
  ["a subscription", { body: '{"query":"subscription { x }"}' }, 400, "GRAPHQL_VALIDATION_FAILED"],
  [
    "an unknown operation",
    { body: '{"query":"query A { __typename }","operationName":"B"}' },
    400,
    "OPERATION_RESOLUTION_FAILURE",
  ],
  ["the hash of another document", { body: persisted({ version: 1, sha256Hash: "0" }) }, 400, "BAD_REQUEST"],
  ["a persisted query of a future version", { body: persisted({ version: 2 }) }, 400, "BAD_REQUEST"],
  ["a persisted query that is text", { body: persisted("a") }, 400, "BAD_REQUEST"],
  ["another media type", { headers: { "content-type": "text/plain" }, body: query }, 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["no media type", { headers: {}, body: query }, 415, "UNSUPPORTED_MEDIA_TYPE"],
  [
    "a form",
    { headers: { "content-type": "application/x-www-form-urlencoded" }, body: "query=%7B__typename%7D" },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "another charset",
    { headers: { "content-type": "application/json; charset=utf-16" }, body: query },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "a quoted other charset",
    { headers: { "content-type": 'application/json;Charset="ISO-8859-1"' }, body: query },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
  ],
  [
    "another compression",
    { headers: { ...json, "content-encoding": "zstd" }, body: query },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    { "accept-encoding": "gzip, deflate, br" },
  ],
  [
    "two compressions",
    { headers: { ...json, "content-encoding": "gzip, br" }, body: query },
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    { "accept-encoding": "gzip, deflate, br" },
  ],
  ["a body over 256 KiB", { body: tooLarge }, 413, "PAYLOAD_TOO_LARGE"],
  [
    "a body over 256 KiB of unknown length",
    { headers: { ...json, "transfer-encoding": "chunked" }, body: tooLarge },
    413,
    "PAYLOAD_TOO_LARGE",
  ],
  [
    "a body that gzip expands to over 256 KiB",
    { headers: { ...json, "content-encoding": "gzip" }, body: gzipSync(tooLarge) },
    413,
    "PAYLOAD_TOO_LARGE",
  ],
  [
    "a body that brotli expands to over 256 KiB",
    { headers: { ...json, "content-encoding": "br" }, body: brotliCompressSync(tooLarge) },
    413,
    "PAYLOAD_TOO_LARGE",
  ],
  ...["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "PURGE"].map(
    (method): [string, Request, number, string, Record<string, string>] => [
      method,
      { method },
      405,
      "METHOD_NOT_ALLOWED",
      { allow: "GET, POST" },
    ],
  ),
])(
  "rejects %s in the media type that the caller accepts, with a request ID and a log line",
  async (_case, request, status, code, headers = {}) => {
    const { url, logLines } = await startService({});

    for (const type of ["application/json", "application/graphql-response+json"]) {
      const response = await sendHttp(url, { ...request, headers: { ...(request.headers ?? json), accept: type } });

      const requestId = response.headers["x-request-id"];
      expect(response.status).toBe(status);
      expect(response.headers).toMatchObject({ ...headers, "content-type": `${type}; charset=utf-8` });
      expect(JSON.parse(response.text)).toEqual({ errors: [expect.objectContaining({ message: expect.any(String) })] });
      expect(JSON.parse(response.text).errors[0].extensions).toEqual({ code, requestId });
      const lines = logLines.map((line) => JSON.parse(line)).filter((line) => line["http.request.id"] === requestId);
      expect(lines).toMatchObject([{ "log.level": "info", "http.response.status_code": status, "error.code": code }]);
    }
  },
);

test("responds to HEAD as to any other method, without a body", async () => {
  const { url } = await startService({});

  const { status, headers, text } = await sendHttp(url, { method: "HEAD" });

  expect([status, headers.allow, text]).toEqual([405, "GET, POST", ""]);
});

test("says in JSON that it has no acceptable media type, and creates nothing", async () => {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const response = await create(url, minimalInput, { ...authorized, accept: "text/html" });

  expect(response.status).toBe(406);
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(onlyError(response).extensions.code).toBe("NOT_ACCEPTABLE");
  expect(upstream.received).toEqual([]);
});

const graphqlType = "application/graphql-response+json; charset=utf-8";
test.each([
  [undefined, "application/json; charset=utf-8"],
  ["*/*", "application/json; charset=utf-8"],
  ["application/json; charset=utf-8", "application/json; charset=utf-8"],
  ["application/graphql-response+json", graphqlType],
  ["application/graphql-response+json, application/json;q=0.9", graphqlType],
  ["application/graphql-response+json;charset=UTF-8, application/json; charset=utf-8", graphqlType],
])("responds to Accept %s with %s", async (accept, expected) => {
  const { url } = await startSandboxedService();

  const response = await create(url, minimalInput, { ...authorized, ...(accept ? { accept } : {}) });

  expect(response.headers.get("content-type")).toBe(expected);
  expect(response.body.errors).toBeUndefined();
});

test.each([
  ["in gzip", "gzip", gzipSync(query)],
  ["in x-gzip", "x-gzip", gzipSync(query)],
  ["in deflate", "deflate", deflateSync(query)],
  ["in brotli", "BR", brotliCompressSync(query)],
  ["in identity", "identity", query],
  ["with an empty Content-Encoding", "", query],
])("accepts a body %s", async (_case, encoding, body) => {
  const { url } = await startService({});

  const { text } = await sendHttp(url, { headers: { ...json, "content-encoding": encoding }, body });

  expect(JSON.parse(text)).toEqual(typename);
});

test.each(["application/json; charset=utf-8", 'application/json;charset="UTF-8"', "application/json; charset=utf8"])(
  "accepts a body of type %s",
  async (type) => {
    const { url } = await startService({});

    expect(JSON.parse((await sendHttp(url, { headers: { "content-type": type }, body: query })).text)).toEqual(
      typename,
    );
  },
);

test("accepts the longest input of the rules, in JSON that escapes every character", async () => {
  const { url, sandbox } = await startSandboxedService();
  const description = "😀".repeat(10_000);
  const input = { name: "N", description, webhook: { description } };
  const body = JSON.stringify({ query: createMutation, variables: { input } }).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  );
  expect(body.length).toBeGreaterThan(240_000);

  const { text } = await sendHttp(url, { headers: { ...json, ...authorized }, body });

  expect(JSON.parse(text).errors).toBeUndefined();
  expect(JSON.parse(sandbox.requests[0]?.body ?? "")).toMatchObject({ description, webhook: { description } });
});

test("runs queries over GET, never mutations", async () => {
  const { url, sandbox } = await startSandboxedService();
  const get = (parameters: Record<string, string>) =>
    sendHttp(url, { method: "GET", headers: authorized, path: `/graphql?${new URLSearchParams(parameters)}` });
  const write = 'mutation { createDataExtractionAction(input: { name: "a", webhook: {} }) { ctxId } }';

  const read = await get({ query: "{ __typename }", variables: "", extensions: "", operationName: "" });
  const repeated = await sendHttp(url, {
    method: "GET",
    headers: authorized,
    path: "/graphql?query=&query={__typename}",
  });
  const rejected = await get({ query: write });

  expect(JSON.parse(read.text)).toEqual(typename);
  expect(JSON.parse(repeated.text)).toEqual(typename);
  expect(rejected.status).toBe(405);
  expect(JSON.parse(rejected.text)).toMatchObject({
    errors: [{ extensions: { code: "BAD_REQUEST", outcome: "NOT_CREATED" } }],
  });
  expect(sandbox.requests).toEqual([]);
});

test.each([
  [{}, 400],
  [{ authorization: "Bearer t" }, 200],
  [{ "apollo-require-preflight": "1" }, 200],
  [{ "x-apollo-operation-name": "A" }, 200],
  [json, 200],
])(
  "responds to a GET with the headers %j with %d: a browser cannot send those across sites unasked",
  async (headers, status) => {
    const { url } = await startService({});

    expect((await sendHttp(url, { method: "GET", path: "/graphql?query={__typename}", headers })).status).toBe(status);
  },
);

test("keeps a valid request ID and replaces any other", async () => {
  const { url } = await startService({});
  const idFor = async (given: string) =>
    (await send(url, { query: "{ __typename }" }, { ...authorized, "x-request-id": given })).headers.get(
      "x-request-id",
    );

  for (const valid of ["A-z_0.9", "x".repeat(128)]) expect(await idFor(valid)).toBe(valid);
  for (const invalid of ["x".repeat(129), "a b", "a,b", 'a"b', "é", authorized.authorization.slice(7)]) {
    expect(await idFor(invalid)).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test.each([
  [16 * 1024, 200],
  [16 * 1024 + 1, 404],
])("supports automatic persisted queries; one of %d characters is found again with %d", async (length, status) => {
  const { url } = await startService({});
  const query = "{ __typename } #".padEnd(length, "x");
  const extensions = { persistedQuery: { version: 1, sha256Hash: createHash("sha256").update(query).digest("hex") } };

  const unknown = await send(url, { extensions });
  const registered = await send(url, { query, extensions });
  const repeated = await send(url, { extensions });

  expect(unknown.status).toBe(404);
  expect(onlyError(unknown).extensions).toEqual({
    code: "PERSISTED_QUERY_NOT_FOUND",
    requestId: unknown.headers.get("x-request-id"),
  });
  expect(registered.body).toEqual(typename);
  expect(repeated.status).toBe(status);
});

test("reports liveness and readiness", async () => {
  const { url, service } = await startService({});
  const status = async (path: string) => (await fetch(`${url}${path}`)).status;

  expect([await status("/health/live"), await status("/health/ready")]).toEqual([200, 200]);
  service.drain();
  expect([await status("/health/live"), await status("/health/ready")]).toEqual([200, 503]);
});

test.each(["/%67raphql", "/graphql#x", "http://elsewhere.example/graphql"])(
  "treats %s as /graphql, as the router does: it is handled and logged",
  async (target) => {
    const { url, logLines } = await startService({});
    const { hostname, port } = new URL(url);

    const sent = request({ hostname, port, method: "POST", path: target, headers: json, agent: false });
    sent.end(query);
    const [response] = await once(sent, "response");
    response.resume();
    await once(response, "close");

    expect(response.statusCode).toBe(200);
    await waitFor("the log line", () => logLines.some((line) => line.includes('"graphql request"')));
  },
);

test.each(["/", "/graphql/x", "/%ffsecret", "/graphql%ff"])(
  "responds to the unknown path %s with 404 and quotes nothing of it",
  async (path) => {
    const { url } = await startService({});

    const { status, headers, text } = await sendHttp(url, { method: "GET", path, headers: {} });

    expect(status).toBe(404);
    expect(JSON.parse(text)).toMatchObject({
      errors: [{ extensions: { code: "NOT_FOUND", requestId: headers["x-request-id"] } }],
    });
    expect(text).not.toContain("secret");
  },
);
