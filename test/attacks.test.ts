import { expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { authorized, createMutation, minimalInput, onlyError, readResponse, sendText } from "./helpers/graphql.ts";
import { parseResponse, sendRaw } from "./helpers/raw-http.ts";
import { startWithUpstream } from "./helpers/service.ts";

const body = '{"query":"{ __typename }"}';
const head =
  "POST /graphql HTTP/1.1\r\nHost: bff\r\nContent-Type: application/json\r\nAuthorization: Bearer canary\r\n";
const length = `Content-Length: ${body.length}\r\n`;

/** A service that must still respond when the test is over, without a bug in its log. */
async function startAttacked() {
  const started = await startWithUpstream();
  onTestEnd(async () => {
    expect((await sendText(started.url, body, {})).body).toEqual({ data: { __typename: "Query" } });
    expect(started.logLines.filter((line) => line.includes("internal error"))).toEqual([]);
  });
  return started;
}

const smuggled = "0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: bff\r\n\r\n";
const invalidChunk = "Transfer-Encoding: chunked\r\n\r\nZZ\r\n";
const codes: Record<number, string> = { 400: "BAD_REQUEST", 413: "PAYLOAD_TOO_LARGE", 431: "HEADERS_TOO_LARGE" };

test.each<[string, string | Uint8Array, number]>([
  ["a length and chunks", `${head}${length}Transfer-Encoding: chunked\r\n\r\n${smuggled}`, 400],
  ["two different lengths", `${head}${length}Content-Length: 3\r\n\r\n${body}`, 400],
  ["an invalid chunk size", `${head}${invalidChunk}`, 400],
  ["a GET with an invalid chunk size", `GET /graphql?query={__typename} HTTP/1.1\r\nHost: bff\r\n${invalidChunk}`, 400],
  ["a header without a colon", `${head}canary\r\n\r\n`, 400],
  ["another method", "CANARY /graphql HTTP/1.1\r\nHost: bff\r\n\r\n", 400],
  ["no Host", `POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\n${length}\r\n${body}`, 400],
  ["two Hosts", `${head}Host: other\r\n${length}\r\n${body}`, 400],
  ["TLS", Buffer.from("16030100a5010000a1030366b2", "hex"), 400],
  ["a header over 16 KiB", `${head}X-A: ${"a".repeat(20_000)}\r\n\r\n`, 431],
  ["more headers than it reads", `${head}${"a:b\r\n".repeat(120)}\r\n`, 431],
  ["an endless chunk extension", `${head}Transfer-Encoding: chunked\r\n\r\n1;${"a".repeat(20_000)}\r\n`, 413],
  ["a chunk over 256 KiB", `${head}Transfer-Encoding: chunked\r\n\r\n41000\r\n${"a".repeat(0x41000)}\r\n`, 413],
  ["a length of 10 MiB", `${head}Content-Length: ${10 * 1024 * 1024}\r\n\r\n`, 413],
])("rejects %s with one response and one log line, and closes the connection", async (_case, bytes, status) => {
  const { url, lines, logLines } = await startAttacked();

  const text = await sendRaw(url, bytes);

  expect(text + logLines.join("")).not.toMatch(/canary/i);
  const response = parseResponse(text);
  const code = codes[status];
  const requestId = /^x-request-id: ([0-9a-f-]{36})$/m.exec(response.head)?.[1];
  expect(response.status).toBe(status);
  expect(response.head).toMatch(/^connection: close$/m);
  expect(response.head).toMatch(/^content-type: application\/json; charset=utf-8$/m);
  expect(JSON.parse(response.body)).toEqual({
    errors: [{ message: expect.any(String), extensions: { code, requestId } }],
  });
  // Nothing that followed was taken for a request of its own.
  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(lines()).toMatchObject([
    { "http.request.id": requestId, "http.response.status_code": status, "error.code": code },
  ]);
});

const createBody = JSON.stringify({ query: createMutation, variables: { input: minimalInput } });

test("responds once to a request that was rejected before its body turned out not to be HTTP", async () => {
  const { url, lines } = await startAttacked();

  const text = await sendRaw(url, `${head.replace("json", "xml")}${invalidChunk}`);

  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(lines()).toMatchObject([{ "http.response.status_code": 415, "error.code": "UNSUPPORTED_MEDIA_TYPE" }]);
});

test("ignores an unknown expectation", async () => {
  const { url } = await startAttacked();

  const text = await sendRaw(url, `${head}Expect: a-miracle\r\nConnection: close\r\n${length}\r\n${body}`);

  expect(JSON.parse(parseResponse(text).body)).toEqual({ data: { __typename: "Query" } });
});

test("finishes a create request although garbage follows it, and closes the connection", async () => {
  const { url, upstream } = await startAttacked();

  const text = await sendRaw(url, `${head}Content-Length: ${createBody.length}\r\n\r\n${createBody}garbage\r\n\r\n`);

  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(JSON.parse(parseResponse(text).body).data.createDataExtractionAction.action.id).toBe("act-1");
  expect(upstream.received).toHaveLength(1);
});

const deepList = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const createWith = (input: string) => `{"query":${JSON.stringify(createMutation)},"variables":{"input":${input}}}`;
const withWebhook = (webhook: string) => createWith(`{"name":"a","webhook":${webhook}}`);
const persistedBy = (hash: string) => `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":${hash}}}}`;
const entityWith = (id: string) =>
  `{"query":"query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }",` +
  `"variables":{"r":[{"__typename":"DataExtractionAction","id":${id}}]}}`;
const operationNamed = (name: string) => `{"query":"{__typename}","operationName":"${name}"}`;
/** The search of a GET, in the place of a body. */
const getWith = (variables: string) =>
  `?${new URLSearchParams({ query: "query ($id: ID!) { dataExtractionAction(id: $id) { id } }", variables })}`;
test.each([
  ["a deep object in the input", withWebhook(`${'{"a":'.repeat(15_000)}1${"}".repeat(15_000)}`), 400, "BAD_USER_INPUT"],
  ["a deep list as a name", createWith(`{"name":${deepList(15_000)},"webhook":{}}`), 400, "BAD_USER_INPUT"],
  ["a deep list as a persisted query's hash", persistedBy(deepList(15_000)), 404, "PERSISTED_QUERY_NOT_FOUND"],
  ["a deep list as an entity's id", entityWith(deepList(15_000)), 200, "BAD_USER_INPUT"],
  ["a number out of range", createWith('{"name":1e400,"webhook":{}}'), 400, "BAD_USER_INPUT"],
  ["__proto__ in the input", withWebhook('{"__proto__":{"mandatory":true}}'), 400, "BAD_REQUEST"],
  ["an escaped __proto__", withWebhook('{"\\u005f_proto__":{"mandatory":true}}'), 400, "BAD_REQUEST"],
  ["constructor.prototype", withWebhook('{"constructor":{"prototype":{"mandatory":true}}}'), 400, "BAD_REQUEST"],
  ["constructor as a field", withWebhook('{"constructor":1}'), 400, "BAD_USER_INPUT"],
  ["__proto__ as the operation name", operationNamed("__proto__"), 400, "OPERATION_RESOLUTION_FAILURE"],
  ["__proto__ in a GET's variables", getWith('{"id":{"__proto__":{"name":"a"}}}'), 400, "BAD_USER_INPUT"],
  ["a GET with deep variables", getWith(`{"id":${deepList(2000)}}`), 400, "BAD_USER_INPUT"],
  ["a GET with a list of variables", getWith("[]"), 400, "BAD_REQUEST"],
  ["a GET with variables that are not JSON", getWith("{"), 400, "BAD_REQUEST"],
])("rejects %s without an upstream request", async (_case, text, status, code) => {
  const { url, upstream } = await startAttacked();

  const response = text.startsWith("?")
    ? await readResponse(await fetch(`${url}/graphql${text}`, { headers: authorized }))
    : await sendText(url, text);

  expect(onlyError(response).extensions.code).toBe(code);
  expect(response.status).toBe(status);
  expect(upstream.received).toEqual([]);
  expect(({} as Record<string, unknown>).mandatory).toBeUndefined();
});

test("closes connections whose head or body does not come in time", async () => {
  const { url, lines } = await startAttacked();

  const texts = [sendRaw(url, "POST /graphql HT"), sendRaw(url, `${head}Content-Length: 100\r\n\r\n{`)];

  for (const text of await Promise.all(texts)) {
    expect(parseResponse(text).status).toBe(408);
    expect(text).toContain('"code":"REQUEST_TIMEOUT"');
  }
  const logged = { "http.response.status_code": 408, "error.code": "REQUEST_TIMEOUT" };
  expect(lines()).toMatchObject([logged, logged]);
});
