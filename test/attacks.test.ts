import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { authorized, createMutation, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { eventually } from "./helpers/process.ts";
import { openSocket, parseAnswer, readToTheEnd, sendRaw } from "./helpers/raw-http.ts";
import { type RunningService, startSandboxedService, startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

const body = '{"query":"{__typename}"}';
const head = "POST /graphql HTTP/1.1\r\nHost: bff\r\nContent-Type: application/json\r\n";
const length = `Content-Length: ${body.length}\r\n`;
const mebibyte = 1024 * 1024;

/** Starts a service that has to answer still when the test is over, and to have seen no bug of its own. */
async function startAttacked(environment: Record<string, string> = {}): Promise<RunningService> {
  const running = await startService(environment);
  const { url, logLines } = running;
  onTestEnd(async () => {
    expect((await send(url, { query: "{ __typename }" }, {})).body).toEqual({ data: { __typename: "Query" } });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect(logLines.filter((line) => line.includes("internal error"))).toEqual([]);
  });
  return running;
}

const smuggled = "0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: bff\r\n\r\n";

test.each([
  ["both a length and chunks", `${head}${length}Transfer-Encoding: chunked\r\n\r\n${smuggled}`, 400],
  ["chunks and then a length", `${head}Transfer-Encoding: chunked\r\n${length}\r\n${smuggled}`, 400],
  ["two lengths that differ", `${head}${length}Content-Length: 3\r\n\r\n${body}`, 400],
  ["the same length twice", `${head}${length}${length}\r\n${body}`, 400],
  ["a list of lengths", `${head}Content-Length: ${body.length}, ${body.length}\r\n\r\n${body}`, 400],
  ["a negative length", `${head}Content-Length: -1\r\n\r\n`, 400],
  ["a length of thirty digits", `${head}Content-Length: ${"9".repeat(30)}\r\n\r\n`, 400],
  ["a length with a sign", `${head}Content-Length: +${body.length}\r\n\r\n${body}`, 400],
  ["a coding that only looks like chunked", `${head}Transfer-Encoding: xchunked\r\n\r\n${smuggled}`, 400],
  ["chunked before another coding", `${head}Transfer-Encoding: chunked, identity\r\n\r\n${smuggled}`, 400],
  ["chunked twice", `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${smuggled}`, 400],
  ["a chunk size that is no number", `${head}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`, 400],
  ["lines that end without a carriage return", `${head}${length}\r\n${body}`.replaceAll("\r\n", "\n"), 400],
  ["one header line without its carriage return", `${head}X-A: b\n${length}\r\n${body}`, 400],
  ["a bare carriage return in a header", `${head}X-A: b\rX-B: c\r\n${length}\r\n${body}`, 400],
  ["a folded header", `${head}X-A: b\r\n c\r\n${length}\r\n${body}`, 400],
  ["a space before a header's colon", `${head}Content-Length : ${body.length}\r\n\r\n${body}`, 400],
  ["a zero byte in a header", `${head}X-A: a\0b\r\n${length}\r\n${body}`, 400],
  ["no Host", `POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\n${length}\r\n${body}`, 400],
  ["two Hosts", `${head}Host: other\r\n${length}\r\n${body}`, 400],
  ["a line that is no request", "garbage\r\n\r\n", 400],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ["TLS", Buffer.from("16030100a5010000a1030366b2", "hex"), 400],
  ["a header over 16 KiB", `${head}X-A: ${"a".repeat(20_000)}\r\n\r\n`, 431],
  ["a URL over 16 KiB", `GET /graphql?query=${"a".repeat(20_000)} HTTP/1.1\r\nHost: bff\r\n\r\n`, 431],
  ["thousands of headers", `${head}${"A: b\r\n".repeat(3000)}\r\n`, 431],
  ["a chunk with an endless extension", `${head}Transfer-Encoding: chunked\r\n\r\n1;${"a".repeat(20_000)}\r\n`, 413],
])("answers %s in the shape of a GraphQL answer, closes the connection and counts it", async (_case, bytes, status) => {
  const { url, logLines } = await startAttacked();

  const text = await sendRaw(url, bytes);

  const answer = parseAnswer(text);
  const code = { 400: "BAD_REQUEST", 413: "PAYLOAD_TOO_LARGE", 431: "HEADERS_TOO_LARGE" }[status];
  const requestId = /^x-request-id: ([0-9a-f-]{36})$/m.exec(answer.head)?.[1];
  expect(answer.status).toBe(status);
  expect(answer.head).toMatch(/^connection: close$/m);
  expect(answer.head).toMatch(/^content-type: application\/json; charset=utf-8$/m);
  expect(JSON.parse(answer.body)).toEqual({
    errors: [{ message: expect.stringMatching(/^[\w .,/'-]{10,60}$/), extensions: { code, requestId } }],
  });
  // One answer: nothing of what came after was taken as a request of its own.
  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  const lines = logLines.map((line) => JSON.parse(line)).filter((line) => line["http.request.id"] === requestId);
  expect(lines).toMatchObject([{ "http.response.status_code": status, "error.code": [code] }]);
});

test("finishes a create although garbage follows it on the connection, and closes that", async () => {
  const upstream = await startUpstream();
  const { url } = await startAttacked({ CONTACTSWING_URL: upstream.url });
  const create = JSON.stringify({ query: createMutation, variables: { input: minimalInput } });

  const text = await sendRaw(
    url,
    `${head}Authorization: Bearer t\r\nContent-Length: ${create.length}\r\n\r\n${create}garbage\r\n\r\n`,
  );

  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(JSON.parse(parseAnswer(text).body).data.createDataExtractionAction.action.id).toBe("act-1");
  expect(upstream.received).toHaveLength(1);
});

test("takes no header from behind a body", async () => {
  const upstream = await startUpstream();
  const { url } = await startAttacked({ CONTACTSWING_URL: upstream.url });
  const create = JSON.stringify({ query: createMutation, variables: { input: minimalInput } });

  const text = await sendRaw(
    url,
    `${head}Connection: close\r\nTransfer-Encoding: chunked\r\nTrailer: authorization\r\n\r\n` +
      `${create.length.toString(16)}\r\n${create}\r\n0\r\nAuthorization: Bearer t\r\n\r\n`,
  );

  expect(JSON.parse(parseAnswer(text).body).errors[0].extensions.code).toBe("UNAUTHENTICATED");
  expect(upstream.received).toEqual([]);
});

test("refuses a body that is announced as 10 MiB before a byte of it is sent", async () => {
  const { url } = await startAttacked();

  const answer = parseAnswer(await sendRaw(url, `${head}Content-Length: ${10 * mebibyte}\r\n\r\n`));

  expect(answer.status).toBe(413);
  expect(JSON.parse(answer.body).errors[0].extensions.code).toBe("PAYLOAD_TOO_LARGE");
});

test("stops reading a body of unknown length at 100 KiB", async () => {
  const { url } = await startAttacked();
  const chunk = `19000\r\n${" ".repeat(102_400)}\r\n`;

  const answer = parseAnswer(await sendRaw(url, `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}1\r\n `));

  expect(answer.status).toBe(413);
});

test("answers an ordinary client that sends 10 MiB", async () => {
  const { url } = await startAttacked();

  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { ...authorized, "content-type": "application/json" },
    body: Buffer.alloc(10 * mebibyte, "a"),
  });

  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "PAYLOAD_TOO_LARGE" } }] });
});

test("answers while a caller sends requests without reading the answers", async () => {
  const { url } = await startAttacked();
  const socket = await openSocket(url);
  socket.pause();

  // The service stops reading when its answers are not taken, and so fills up this side.
  const request = `${head}${length}\r\n${body}`.repeat(1000);
  const isTaken = () =>
    Promise.race([once(socket, "drain").then(() => true), new Promise((resolve) => setTimeout(resolve, 500, false))]);
  while (socket.write(request) || (await isTaken()));

  expect(socket.writableLength).toBeGreaterThan(0);
  expect((await send(url, { query: "{ __typename }" }, {})).status).toBe(200);
});

const deepList = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const deepObject = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const createWith = (input: string) => `{"query":${JSON.stringify(createMutation)},"variables":{"input":${input}}}`;
const readWith = (id: string) =>
  `{"query":"query ($id: ID!) { dataExtractionAction(id: $id) { id } }","variables":{"id":${id}}}`;

test.each([
  ["a list 50,000 deep as the input", createWith(deepList(50_000)), 400, "BAD_USER_INPUT"],
  [
    "an object 15,000 deep in the input",
    createWith(`{"name":"a","webhook":${deepObject(15_000)}}`),
    400,
    "BAD_USER_INPUT",
  ],
  ["a list 50,000 deep as a name", createWith(`{"name":${deepList(50_000)},"webhook":{}}`), 400, "BAD_USER_INPUT"],
  [
    "a list 50,000 deep as a persisted query's id",
    `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":${deepList(50_000)}}}}`,
    404,
    "PERSISTED_QUERY_NOT_FOUND",
  ],
  [
    "a persisted query of another version",
    '{"query":"{__typename}","extensions":{"persistedQuery":{"version":2,"sha256Hash":"a"}}}',
    400,
    "BAD_REQUEST",
  ],
  [
    "a persisted query that is text",
    '{"query":"{__typename}","extensions":{"persistedQuery":"a"}}',
    400,
    "BAD_REQUEST",
  ],
  [
    "a persisted query under another's id",
    '{"query":"{__typename}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"a"}}}',
    400,
    "BAD_REQUEST",
  ],
  [
    "a list 40,000 deep as an entity's id",
    `{"query":"query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }",` +
      `"variables":{"r":[{"__typename":"DataExtractionAction","id":${deepList(40_000)}}]}}`,
    200,
    "BAD_USER_INPUT",
  ],
  ["a number that is too large for one", createWith('{"name":1e400,"webhook":{}}'), 400, "BAD_USER_INPUT"],
  ["an id that is too large for a number", readWith("1e400"), 400, "BAD_USER_INPUT"],
  [
    "a number of 50,000 digits as a name",
    createWith(`{"name":${"9".repeat(50_000)},"webhook":{}}`),
    400,
    "BAD_USER_INPUT",
  ],
  ["__proto__ in the input", createWith('{"name":"a","webhook":{"__proto__":{"mandatory":true}}}'), 400, "BAD_REQUEST"],
  [
    "__proto__ written with escapes",
    createWith('{"name":"a","webhook":{"\\u005f_proto__":{"mandatory":true}}}'),
    400,
    "BAD_REQUEST",
  ],
  [
    "constructor.prototype",
    '{"query":"{__typename}","variables":{"constructor":{"prototype":{"a":1}}}}',
    400,
    "BAD_REQUEST",
  ],
  ["constructor as an input field", createWith('{"name":"a","webhook":{"constructor":1}}'), 400, "BAD_USER_INPUT"],
  [
    "__proto__ as the operation",
    '{"query":"{__typename}","operationName":"__proto__"}',
    400,
    "OPERATION_RESOLUTION_FAILURE",
  ],
  ["a batch of a thousand", `[${Array(1000).fill(body).join(",")}]`, 400, "BAD_REQUEST"],
])("answers %s without trouble, and calls nobody", async (_case, text, status, code) => {
  const upstream = await startUpstream();
  const { url } = await startAttacked({ CONTACTSWING_URL: upstream.url });

  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { ...authorized, "content-type": "application/json" },
    body: text,
  });
  const answer = (await response.json()) as { errors: { extensions: { code: string } }[] };

  expect(response.status).toBe(status);
  expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual([code]);
  expect(upstream.received).toEqual([]);
  expect(({} as Record<string, unknown>).mandatory).toBeUndefined();
});

test.each([
  ["__proto__ in its variables", '{"id":{"__proto__":{"name":"a"}}}', "BAD_USER_INPUT"],
  ["variables 2,000 deep", `{"id":${deepList(2000)}}`, "BAD_USER_INPUT"],
  ["variables that are no object", "[]", "BAD_REQUEST"],
  ["variables that are no JSON", "{", "BAD_REQUEST"],
])("answers a GET with %s without trouble", async (_case, variables, code) => {
  const { url } = await startAttacked();
  const query = "query ($id: ID!) { dataExtractionAction(id: $id) { id } }";

  const response = await fetch(`${url}/graphql?${new URLSearchParams({ query, variables })}`, { headers: authorized });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
});

test("refuses bytes that are not UTF-8 instead of sending something else in their place", async () => {
  const { url, sandbox } = await startSandboxedService();
  const [before = "", after = ""] = createWith('{"name":"a?b","webhook":{}}').split("?");
  const post = (bytes: Uint8Array) =>
    fetch(`${url}/graphql`, {
      method: "POST",
      headers: { ...authorized, "content-type": "application/json" },
      body: Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]),
    });

  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf0, 0x9f]]) {
    const response = await post(Uint8Array.from(bytes));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
  }
  expect(sandbox.requests).toEqual([]);
  expect(((await (await post(Buffer.from("🏊é"))).json()) as { errors?: unknown }).errors).toBeUndefined();
  expect(JSON.parse(sandbox.requests[0]?.body ?? "").name).toBe("a🏊éb");
});

test.each([
  ["a form", { "content-type": "application/x-www-form-urlencoded" }, "query=%7B__typename%7D", 415],
  ["an upload", { "content-type": "multipart/form-data; boundary=a" }, "--a--", 415],
  ["plain text", { "content-type": "text/plain" }, body, 415],
  ["no content type", {}, Buffer.from(body), 415],
])("refuses %s that another site's page could send unasked", async (_case, headers, bytes, status) => {
  const { url } = await startAttacked();

  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: headers as Record<string, string>,
    body: bytes,
  });

  expect(response.status).toBe(status);
});

test.each([
  [{}, 400],
  [{ accept: "text/html" }, 400],
  [{ authorization: "Bearer t" }, 200],
  [{ "apollo-require-preflight": "1" }, 200],
  [{ "x-apollo-operation-name": "A" }, 200],
  [{ "content-type": "application/json" }, 200],
])("answers a GET with the headers %j with %d: another site's page can send none of those", async (headers, status) => {
  const { url } = await startAttacked();

  const response = await fetch(`${url}/graphql?query={__typename}`, {
    headers: headers as unknown as Record<string, string>,
  });

  expect(response.status).toBe(status === 400 && "accept" in headers ? 406 : status);
});

test("quotes nothing of a URL that cannot be decoded", async () => {
  const { url } = await startAttacked();

  const text = await sendRaw(url, "GET /%ZZsecret HTTP/1.1\r\nHost: bff\r\nConnection: close\r\n\r\n");

  expect(parseAnswer(text).status).toBe(404);
  expect(text).not.toMatch(/secret/);
});

test("keeps nothing of a document that says too much", async () => {
  const { url } = await startAttacked();

  const answer = await send(url, {
    query: `{ dataExtractionAction(id: { a: "secret-${"x".repeat(50_000)}" }) { id } }`,
  });

  expect(onlyError(answer).message).toMatch(/^ID cannot represent/);
  expect(onlyError(answer).message).not.toMatch(/secret/);
  expect(answer.text.length).toBeLessThan(500);
});

test("ends connections that were opened and left alone, or send too slowly, and answers others meanwhile", async () => {
  const { url, logLines } = await startAttacked();
  const idle = await Promise.all(Array.from({ length: 1000 }, () => openSocket(url)));
  const ends = idle.map(readToTheEnd);
  const slowHeaders = sendRaw(url, "POST /graphql HT");
  const slowBody = sendRaw(url, `${head}X-Request-Id: slow-body\r\nContent-Length: 100\r\n\r\n{`);

  const meanwhile = await Promise.all(
    Array.from({ length: 20 }, () => send(url, { query: "{ __typename }" }, { connection: "close" })),
  );

  expect(meanwhile.map(({ status }) => status)).toEqual(Array(20).fill(200));
  for (const text of [await slowHeaders, ...(await Promise.all(ends))]) {
    expect(parseAnswer(text).status).toBe(408);
    expect(text).toMatch(/"code":"REQUEST_TIMEOUT"/);
  }
  const answer = parseAnswer(await slowBody);
  expect(answer.status).toBe(408);
  expect(JSON.parse(answer.body).errors[0].extensions).toEqual({ code: "REQUEST_TIMEOUT", requestId: "slow-body" });
  // Exactly one line, written once the connection is gone.
  const line = await eventually(() => logLines.find((line) => line.includes("slow-body")));
  expect(JSON.parse(line)).toMatchObject({ "http.response.status_code": 408, "error.code": ["REQUEST_TIMEOUT"] });
  expect(logLines.filter((line) => line.includes("slow-body"))).toHaveLength(1);
});
