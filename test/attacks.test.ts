import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { authorized, createMutation, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { eventually } from "./helpers/process.ts";
import { openConnection, parseResponse, sendRaw } from "./helpers/raw-http.ts";
import { type RunningService, startSandboxedService, startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

const query = { query: "{ __typename }" };
const body = JSON.stringify(query);
const head = "POST /graphql HTTP/1.1\r\nHost: bff\r\nContent-Type: application/json\r\n";
const length = `Content-Length: ${body.length}\r\n`;

/** A service that must still respond when the test is over, without a bug in its log. */
async function startAttacked(environment: Record<string, string> = {}): Promise<RunningService> {
  const running = await startService(environment);
  const { url, logLines } = running;
  onTestEnd(async () => {
    expect((await send(url, query, {})).body).toEqual({ data: { __typename: "Query" } });
    expect(logLines.filter((line) => line.includes("internal error"))).toEqual([]);
  });
  return running;
}

const smuggled = "0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: bff\r\n\r\n";

test.each<[string, string | Uint8Array, number]>([
  ["a length and chunks", `${head}${length}Transfer-Encoding: chunked\r\n\r\n${smuggled}`, 400],
  ["chunks and then a length", `${head}Transfer-Encoding: chunked\r\n${length}\r\n${smuggled}`, 400],
  ["two different lengths", `${head}${length}Content-Length: 3\r\n\r\n${body}`, 400],
  ["the same length twice", `${head}${length}${length}\r\n${body}`, 400],
  ["a list of lengths", `${head}Content-Length: ${body.length}, ${body.length}\r\n\r\n${body}`, 400],
  ["a negative length", `${head}Content-Length: -1\r\n\r\n`, 400],
  ["a length of thirty digits", `${head}Content-Length: ${"9".repeat(30)}\r\n\r\n`, 400],
  ["an unknown transfer coding", `${head}Transfer-Encoding: xchunked\r\n\r\n${smuggled}`, 400],
  ["chunked before another coding", `${head}Transfer-Encoding: chunked, identity\r\n\r\n${smuggled}`, 400],
  ["chunked twice", `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${smuggled}`, 400],
  ["an invalid chunk size", `${head}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`, 400],
  ["lines without a carriage return", `${head}${length}\r\n${body}`.replaceAll("\r\n", "\n"), 400],
  ["a bare carriage return in a header", `${head}X-A: b\rX-B: c\r\n${length}\r\n${body}`, 400],
  ["a folded header", `${head}X-A: b\r\n c\r\n${length}\r\n${body}`, 400],
  ["a space before a header's colon", `${head}Content-Length : ${body.length}\r\n\r\n${body}`, 400],
  ["a zero byte in a header", `${head}X-A: a\0b\r\n${length}\r\n${body}`, 400],
  ["no Host", `POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\n${length}\r\n${body}`, 400],
  ["two Hosts", `${head}Host: other\r\n${length}\r\n${body}`, 400],
  ["garbage", "garbage\r\n\r\n", 400],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["TLS", Buffer.from("16030100a5010000a1030366b2", "hex"), 400],
  ["a header over 16 KiB", `${head}X-A: ${"a".repeat(20_000)}\r\n\r\n`, 431],
  ["a URL over 16 KiB", `GET /graphql?query=${"a".repeat(20_000)} HTTP/1.1\r\nHost: bff\r\n\r\n`, 431],
  ["thousands of headers", `${head}${"A: b\r\n".repeat(3000)}\r\n`, 431],
  ["an endless chunk extension", `${head}Transfer-Encoding: chunked\r\n\r\n1;${"a".repeat(20_000)}\r\n`, 413],
  ["a length of 10 MiB", `${head}Content-Length: ${10 * 1024 * 1024}\r\n\r\n`, 413],
])("rejects %s with one response and one log line, and closes the connection", async (_case, bytes, status) => {
  const { url, logLines } = await startAttacked();

  const text = await sendRaw(url, bytes);

  const response = parseResponse(text);
  const code = { 400: "BAD_REQUEST", 413: "PAYLOAD_TOO_LARGE", 431: "HEADERS_TOO_LARGE" }[status];
  const requestId = /^x-request-id: ([0-9a-f-]{36})$/m.exec(response.head)?.[1];
  expect(response.status).toBe(status);
  expect(response.head).toMatch(/^connection: close$/m);
  expect(response.head).toMatch(/^content-type: application\/json; charset=utf-8$/m);
  expect(JSON.parse(response.body)).toEqual({
    errors: [{ message: expect.any(String), extensions: { code, requestId } }],
  });
  // Nothing that followed was taken for a request of its own.
  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  const lines = logLines.map((line) => JSON.parse(line)).filter((line) => line["http.request.id"] === requestId);
  expect(lines).toMatchObject([{ "http.response.status_code": status, "error.code": code }]);
});

const createBody = JSON.stringify({ query: createMutation, variables: { input: minimalInput } });

test("finishes a create request although garbage follows it, and closes the connection", async () => {
  const upstream = await startUpstream();
  const { url } = await startAttacked({ CONTACTSWING_URL: upstream.url });

  const text = await sendRaw(
    url,
    `${head}Authorization: Bearer t\r\nContent-Length: ${createBody.length}\r\n\r\n${createBody}garbage\r\n\r\n`,
  );

  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(JSON.parse(parseResponse(text).body).data.createDataExtractionAction.action.id).toBe("act-1");
  expect(upstream.received).toHaveLength(1);
});

test("accepts no token from a trailer", async () => {
  const upstream = await startUpstream();
  const { url } = await startAttacked({ CONTACTSWING_URL: upstream.url });

  const text = await sendRaw(
    url,
    `${head}Connection: close\r\nTransfer-Encoding: chunked\r\nTrailer: authorization\r\n\r\n` +
      `${createBody.length.toString(16)}\r\n${createBody}\r\n0\r\nAuthorization: Bearer t\r\n\r\n`,
  );

  expect(JSON.parse(parseResponse(text).body).errors[0].extensions.code).toBe("UNAUTHENTICATED");
  expect(upstream.received).toEqual([]);
});

test("responds to an ordinary client that sends 10 MiB", async () => {
  const { url } = await startAttacked();

  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: Buffer.alloc(10 * 1024 * 1024, "a"),
  });

  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "PAYLOAD_TOO_LARGE" } }] });
});

test("keeps serving others while a caller sends requests without reading the responses", async () => {
  const { url } = await startAttacked();
  const { socket } = await openConnection(url);
  socket.pause();

  // The service stops reading once its responses are not read, and so fills up this side.
  const request = `${head}${length}\r\n${body}`.repeat(1000);
  const isRead = () =>
    Promise.race([once(socket, "drain").then(() => true), new Promise((resolve) => setTimeout(resolve, 500, false))]);
  while (socket.write(request) || (await isRead()));

  expect(socket.writableLength).toBeGreaterThan(0);
  expect((await send(url, query, {})).status).toBe(200);
});

const deepList = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const createWith = (input: string) => `{"query":${JSON.stringify(createMutation)},"variables":{"input":${input}}}`;
const withWebhook = (webhook: string) => createWith(`{"name":"a","webhook":${webhook}}`);

test.each([
  ["a deep list as the input", createWith(deepList(120_000)), 400, "BAD_USER_INPUT"],
  ["a deep object in the input", withWebhook(`${'{"a":'.repeat(40_000)}1${"}".repeat(40_000)}`), 400, "BAD_USER_INPUT"],
  ["a deep list as a name", createWith(`{"name":${deepList(120_000)},"webhook":{}}`), 400, "BAD_USER_INPUT"],
  [
    "a deep list as the hash of a persisted query",
    `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":${deepList(120_000)}}}}`,
    404,
    "PERSISTED_QUERY_NOT_FOUND",
  ],
  [
    "a deep list as an entity's id",
    `{"query":"query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }",` +
      `"variables":{"r":[{"__typename":"DataExtractionAction","id":${deepList(100_000)}}]}}`,
    200,
    "BAD_USER_INPUT",
  ],
  ["a number out of range", createWith('{"name":1e400,"webhook":{}}'), 400, "BAD_USER_INPUT"],
  ["a number of 100,000 digits", createWith(`{"name":${"9".repeat(100_000)},"webhook":{}}`), 400, "BAD_USER_INPUT"],
  ["__proto__ in the input", withWebhook('{"__proto__":{"mandatory":true}}'), 400, "BAD_REQUEST"],
  ["an escaped __proto__", withWebhook('{"\\u005f_proto__":{"mandatory":true}}'), 400, "BAD_REQUEST"],
  ["constructor.prototype", withWebhook('{"constructor":{"prototype":{"mandatory":true}}}'), 400, "BAD_REQUEST"],
  ["constructor as a field", withWebhook('{"constructor":1}'), 400, "BAD_USER_INPUT"],
  [
    "__proto__ as the operation name",
    '{"query":"{__typename}","operationName":"__proto__"}',
    400,
    "OPERATION_RESOLUTION_FAILURE",
  ],
  ["a batch of a thousand", `[${Array(1000).fill(body).join(",")}]`, 400, "BAD_REQUEST"],
])("rejects %s without an upstream request", async (_case, text, status, code) => {
  const upstream = await startUpstream();
  const { url } = await startAttacked({ CONTACTSWING_URL: upstream.url });

  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { ...authorized, "content-type": "application/json" },
    body: text,
  });
  const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };

  expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
  expect(response.status).toBe(status);
  expect(upstream.received).toEqual([]);
  expect(({} as Record<string, unknown>).mandatory).toBeUndefined();
});

test.each([
  ["__proto__ in its variables", '{"id":{"__proto__":{"name":"a"}}}', "BAD_USER_INPUT"],
  ["deep variables", `{"id":${deepList(2000)}}`, "BAD_USER_INPUT"],
  ["a list of variables", "[]", "BAD_REQUEST"],
  ["variables that are not JSON", "{", "BAD_REQUEST"],
])("rejects a GET with %s", async (_case, variables, code) => {
  const { url } = await startAttacked();
  const query = "query ($id: ID!) { dataExtractionAction(id: $id) { id } }";

  const response = await fetch(`${url}/graphql?${new URLSearchParams({ query, variables })}`, { headers: authorized });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
});

test("rejects bytes that are not UTF-8 instead of sending others in their place", async () => {
  const { url, sandbox } = await startSandboxedService();
  const [before = "", after = ""] = createWith('{"name":"a?b","webhook":{}}').split("?");
  const post = (bytes: Uint8Array) =>
    fetch(`${url}/graphql`, {
      method: "POST",
      headers: { ...authorized, "content-type": "application/json" },
      body: Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]),
    });

  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf0, 0x9f]]) {
    expect((await post(Uint8Array.from(bytes))).status).toBe(400);
  }
  expect(sandbox.requests).toEqual([]);
  expect((await post(Buffer.from("🏊é"))).status).toBe(200);
  expect(JSON.parse(sandbox.requests[0]?.body ?? "").name).toBe("a🏊éb");
});

test("quotes nothing of a long literal", async () => {
  const { url } = await startAttacked();
  const literal = `{ a: "secret-${"x".repeat(100_000)}" }`;

  const response = await send(url, { query: `{ dataExtractionAction(id: ${literal}) { id } }` });

  expect(onlyError(response).message).toMatch(/^ID cannot represent/);
  expect(response.text).not.toContain("secret");
  expect(response.text.length).toBeLessThan(500);
});

test("closes connections that are idle or send too slowly, and serves others meanwhile", async () => {
  const { url, logLines } = await startAttacked();
  const idle = await Promise.all(Array.from({ length: 1000 }, () => openConnection(url)));
  const slowHead = sendRaw(url, "POST /graphql HT");
  const slowBody = sendRaw(url, `${head}X-Request-Id: slow-body\r\nContent-Length: 100\r\n\r\n{`);

  const others = await Promise.all(Array.from({ length: 20 }, () => send(url, query, { connection: "close" })));

  expect(others.map(({ status }) => status)).toEqual(Array(20).fill(200));
  for (const text of [await slowHead, await slowBody, ...(await Promise.all(idle.map(({ closed }) => closed)))]) {
    expect(parseResponse(text).status).toBe(408);
    expect(text).toContain('"code":"REQUEST_TIMEOUT"');
  }
  const line = await eventually(() => logLines.find((line) => line.includes("slow-body")));
  expect(JSON.parse(line)).toMatchObject({ "http.response.status_code": 408, "error.code": "REQUEST_TIMEOUT" });
});
