import { createHash } from "node:crypto";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { type AuditResult, serverAudits } from "graphql-http";
import { authorized, create, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { openConnection } from "./helpers/raw-http.ts";
import { startService, startWithUpstream } from "./helpers/service.ts";

const json = { "content-type": "application/json" };
const query = '{"query":"{__typename}"}';
const typename = { data: { __typename: "Query" } };

/** Sends a POST with a JSON body unless told otherwise. */
const sendTo = (url: string, { path = "/graphql", ...init }: RequestInit & { path?: string }) =>
  fetch(url + path, { method: "POST", headers: json, ...init });

const get = (search: string, headers = {}) => ({ method: "GET", path: `/graphql${search}`, headers });
const ofType = (type: string) => ({ headers: { "content-type": type }, body: query });
const encoded = (encoding: string, body: string | Uint8Array<ArrayBuffer>) => ({
  headers: { ...json, "content-encoding": encoding },
  body,
});
const persisted = (persistedQuery: unknown) => ({
  body: JSON.stringify({ query: "{__typename}", extensions: { persistedQuery } }),
});
const tooLarge = JSON.stringify({ query: "#".repeat(256 * 1024) });
const otherOperation = '{"query":"query A { __typename }","operationName":"B"}';

const statuses = {
  BAD_REQUEST: 400,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  OPERATION_RESOLUTION_FAILURE: 400,
  METHOD_NOT_ALLOWED: 405,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
};
const headersByStatus: Record<number, Record<string, string>> = {
  405: { allow: "GET, POST" },
  415: { "accept-encoding": "gzip, deflate, br" },
};

test.each<[string, RequestInit, keyof typeof statuses]>([
  ["invalid JSON", { body: '{"query":' }, "BAD_REQUEST"],
  ["an empty body", { body: "" }, "BAD_REQUEST"],
  ["a batch", { body: `[${query}]` }, "BAD_REQUEST"],
  ["bytes that are not UTF-8", { body: Uint8Array.of(0x22, 0xff, 0x22) }, "BAD_REQUEST"],
  ["gzip that is not", encoded("gzip", query), "BAD_REQUEST"],
  ["a GET that a browser could send for another site", get("?query={__typename}"), "BAD_REQUEST"],
  ["a GET whose query string is not UTF-8", get("?query={a:__typename%20%23%FF}", authorized), "BAD_REQUEST"],
  ["a GET with half a character", get("?query={a:__typename%20%23%C3}", authorized), "BAD_REQUEST"],
  ["a GET without a query", get("?query=", authorized), "BAD_REQUEST"],
  ["a syntax error", { body: '{"query":"{"}' }, "GRAPHQL_PARSE_FAILED"],
  ["an unknown field", { body: '{"query":"{ nope }"}' }, "GRAPHQL_VALIDATION_FAILED"],
  ["a subscription", { body: '{"query":"subscription { x }"}' }, "GRAPHQL_VALIDATION_FAILED"],
  ["an unknown operation", { body: otherOperation }, "OPERATION_RESOLUTION_FAILURE"],
  ["the hash of another document", persisted({ version: 1, sha256Hash: "0" }), "BAD_REQUEST"],
  ["a persisted query of a future version", persisted({ version: 2 }), "BAD_REQUEST"],
  ["another media type", ofType("text/plain"), "UNSUPPORTED_MEDIA_TYPE"],
  ["no media type", { headers: {}, body: query }, "UNSUPPORTED_MEDIA_TYPE"],
  ["another charset", ofType('application/json;Charset="ISO-8859-1"'), "UNSUPPORTED_MEDIA_TYPE"],
  ["another compression", encoded("zstd", query), "UNSUPPORTED_MEDIA_TYPE"],
  ["two compressions", encoded("gzip, br", query), "UNSUPPORTED_MEDIA_TYPE"],
  ["a body over 256 KiB", { body: tooLarge }, "PAYLOAD_TOO_LARGE"],
  ["a body of 10 MiB", { body: "a".repeat(10 * 1024 * 1024) }, "PAYLOAD_TOO_LARGE"],
  ["a body that gzip expands to over 256 KiB", encoded("gzip", gzipSync(tooLarge)), "PAYLOAD_TOO_LARGE"],
  ["a body that brotli expands to over 256 KiB", encoded("br", brotliCompressSync(tooLarge)), "PAYLOAD_TOO_LARGE"],
  ["PUT", { method: "PUT" }, "METHOD_NOT_ALLOWED"],
  ["OPTIONS", { method: "OPTIONS" }, "METHOD_NOT_ALLOWED"],
  ["QUERY", { method: "QUERY" }, "METHOD_NOT_ALLOWED"],
])("rejects %s in the accepted media type, with a request ID and a log line", async (_case, request, code) => {
  const { url, lines } = await startService({});
  const status = statuses[code];

  for (const type of ["application/json", "application/graphql-response+json"]) {
    const response = await sendTo(url, { ...request, headers: { ...(request.headers ?? json), accept: type } });

    const requestId = response.headers.get("x-request-id");
    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...headersByStatus[status],
      "content-type": `${type}; charset=utf-8`,
      "cache-control": "no-store",
    });
    expect(await response.json()).toEqual({
      errors: [expect.objectContaining({ message: expect.any(String), extensions: { code, requestId } })],
    });
    expect(lines().filter((line) => line["http.request.id"] === requestId)).toMatchObject([
      { "log.level": "info", "http.response.status_code": status, "error.code": code },
    ]);
  }
});

test("responds to HEAD as to any other method", async () => {
  const { url } = await startService({});

  const response = await sendTo(url, { method: "HEAD" });

  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, POST"]);
});

test("says in JSON that it has no acceptable media type, and creates nothing", async () => {
  const { upstream, url } = await startWithUpstream();

  const response = await create(url, minimalInput, { ...authorized, accept: "text/html" });

  expect(response.status).toBe(406);
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(onlyError(response).extensions.code).toBe("NOT_ACCEPTABLE");
  expect(upstream.received).toEqual([]);
});

test.each(["", "application/json;version=1", "text/plain, application/*;q=0.1", "*/*"])(
  "responds in JSON to Accept: %j, and lets nobody store the response",
  async (accept) => {
    const { url } = await startService({});

    for (const request of [
      { headers: { ...json, accept }, body: query },
      get("?query={__typename}", { ...authorized, accept }),
    ]) {
      const { status, headers } = await sendTo(url, request);
      expect(status).toBe(200);
      expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
      expect(headers.get("cache-control")).toBe("no-store");
    }
  },
);

test("keeps an idle connection open for KEEP_ALIVE_TIMEOUT_MS, by default longer than any load balancer", async () => {
  const { url } = await startService({ KEEP_ALIVE_TIMEOUT_MS: "1000" });
  const { url: usual } = await startService({});
  const getLive = "GET /health/live HTTP/1.1\r\nHost: bff\r\n\r\n";
  const { socket, closed } = await openConnection(url);
  const { socket: other, received } = await openConnection(usual);

  socket.write(getLive);
  other.write(getLive);
  const response = await closed;

  expect(response).toMatch(/^keep-alive: timeout=1$/im);
  expect(received()).toMatch(/^keep-alive: timeout=620$/im);
});

test("responds in the first media type that the caller prefers, whatever its parameters are", async () => {
  const { url } = await startService({});
  const accept = "application/graphql-response+json;charset=UTF-8, application/json;q=0.9";

  const response = await sendTo(url, { headers: { ...json, accept }, body: query });

  expect(response.headers.get("content-type")).toBe("application/graphql-response+json; charset=utf-8");
});

test.each<[string, Parameters<typeof sendTo>[1]]>([
  ["in gzip", encoded("gzip", gzipSync(query))],
  ["in deflate", encoded("deflate", deflateSync(query))],
  ["in brotli", encoded("BR", brotliCompressSync(query))],
  ["with an empty Content-Encoding", encoded("", query)],
  ["of a quoted charset", ofType('application/json;charset="UTF-8"')],
  ["of a charset without its hyphen", ofType("application/json; charset=utf8")],
  ["as a GET with a token", get("?query={__typename}", { authorization: "Bearer t" })],
  ["as a GET with the header of CSRF prevention", get("?query={__typename}", { "apollo-require-preflight": "1" })],
  ["as a GET with empty parameters", get("?query=&query={__typename}&variables=&operationName=", authorized)],
  ["at an encoded path", { path: "/%67raphql", body: query }],
])("accepts a query %s", async (_case, request) => {
  const { url } = await startService({});

  expect(await (await sendTo(url, request)).json()).toEqual(typename);
});

test("runs no mutation over GET", async () => {
  const { upstream, url } = await startWithUpstream();
  const query = 'mutation { createDataExtractionAction(input: { name: "a", webhook: {} }) { ctxId } }';

  const rejected = await sendTo(url, get(`?${new URLSearchParams({ query })}`, authorized));

  expect(rejected.status).toBe(405);
  expect(await rejected.json()).toMatchObject({
    errors: [{ extensions: { code: "BAD_REQUEST", outcome: "NOT_CREATED" } }],
  });
  expect(upstream.received).toEqual([]);
});

test("keeps a valid request ID and replaces any other", async () => {
  const { url } = await startService({});
  const idFor = async (given: string) => {
    const { headers } = await send(url, { query: "{ __typename }" }, { ...authorized, "x-request-id": given });
    return headers.get("x-request-id");
  };

  for (const valid of ["A-z_0.9", "x".repeat(128)]) expect(await idFor(valid)).toBe(valid);
  for (const invalid of ["x".repeat(129), "a b", "a,b", 'a"b', "é", authorized.authorization.slice(7)]) {
    expect(await idFor(invalid)).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("supports automatic persisted queries", async () => {
  const { url } = await startService({});
  const query = "{ __typename }";
  const extensions = { persistedQuery: { version: 1, sha256Hash: createHash("sha256").update(query).digest("hex") } };

  const unknown = await send(url, { extensions });
  const registered = await send(url, { query, extensions });
  const repeated = await send(url, { extensions });

  expect(unknown.status).toBe(404);
  const requestId = unknown.headers.get("x-request-id");
  expect(onlyError(unknown).extensions).toEqual({ code: "PERSISTED_QUERY_NOT_FOUND", requestId });
  expect([registered.body, repeated.body]).toEqual([typename, typename]);
});

test("reports liveness and readiness", async () => {
  const { url, service } = await startService({});
  const status = async (path: string) => (await fetch(`${url}${path}`)).status;

  expect([await status("/health/live"), await status("/health/ready")]).toEqual([200, 200]);
  service.drain();
  expect([await status("/health/live"), await status("/health/ready")]).toEqual([200, 503]);
});

test.each(["/", "/graphql/x", "/%ffsecret"])("responds to %s with 404 and quotes nothing of it", async (path) => {
  const { url } = await startService({});

  const response = await fetch(url + path);

  expect(response.status).toBe(404);
  const requestId = response.headers.get("x-request-id");
  expect(await response.json()).toEqual({
    errors: [{ message: expect.not.stringContaining("secret"), extensions: { code: "NOT_FOUND", requestId } }],
  });
});

/** The IDs of the GraphQL over HTTP audits, by their results. */
async function runAudits(environment: Record<string, string>): Promise<Record<AuditResult["status"], string[]>> {
  const { url } = await startService(environment);
  const results: Record<AuditResult["status"], string[]> = { ok: [], notice: [], warn: [], error: [] };
  for (const audit of serverAudits({ url: `${url}/graphql` })) results[(await audit.fn()).status].push(audit.id);
  return results;
}

test("meets every MUST of GraphQL over HTTP, and every SHOULD and MAY but those that docs/graphql-over-http.md explains", async () => {
  const on = await runAudits({ PLAYGROUND: "true" });
  const off = await runAudits({ PLAYGROUND: "false" });

  expect(on).toEqual({
    ok: expect.any(Array),
    error: [],
    // A rejected document or variable has status 400 in both media types.
    warn: ["572B", "FDE2", "7B9B"],
    // The audits of GET send none of the headers of CSRF prevention.
    notice: ["5A70", "D6D5", "6A70"],
  });
  expect(on.ok.length).toBeGreaterThan(50);
  // These audits use introspection.
  expect(on.ok.filter((id) => !off.ok.includes(id))).toEqual(["BF61", "2EA1", "28B9"]);
});
