import { once } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { create, createMutation, minimalInput, send } from "./helpers/graphql.ts";
import { startMeasuredProcess } from "./helpers/measured-process.ts";
import { eventually } from "./helpers/process.ts";
import { openConnection, parseResponse, sendRaw } from "./helpers/raw-http.ts";
import { responseBytes, startRawUpstream } from "./helpers/raw-upstream.ts";
import { startService } from "./helpers/service.ts";
import { createdResponse, startUpstream } from "./helpers/upstream.ts";

const mebibyte = 1024 * 1024;
const token = { authorization: "Bearer t" };
const head = "POST /graphql HTTP/1.1\r\nHost: bff\r\nContent-Type: application/json\r\n";

/** A body in HTTP chunks of one byte each, six bytes on the wire for every one of the body. */
const inTinyChunks = (body: string) => Array.from(body, (character) => `1\r\n${character}\r\n`).join("");

/** The built service in front of an upstream that never responds. */
async function startMeasured(environment: Record<string, string> = {}) {
  const { port } = await startRawUpstream({ onRequest: () => {} });
  const settings = { CONTACTSWING_URL: `http://127.0.0.1:${port}`, UPSTREAM_TIMEOUT_MS: "60000", ...environment };
  const service = await startMeasuredProcess(settings);
  const before = await service.measure();
  return {
    ...service,
    openSockets: (count: number) =>
      Promise.all(Array.from({ length: count }, async () => (await openConnection(service.url)).socket)),
    /** Bytes that have survived since the start. Fails unless the service still responds to others. */
    async measureGrowth() {
      const { survivingBytes } = await service.measure();
      expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
      return survivingBytes - before.survivingBytes;
    },
  };
}

async function writeAll(sockets: readonly Socket[], bytes: string): Promise<void> {
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write(bytes, resolve))));
}

/** A create request with a key: all but the first wait for that one. */
function waitingRequest(more: Record<string, unknown> = {}): string {
  const input = { ...minimalInput, idempotencyKey: "k" };
  const body = JSON.stringify({ query: createMutation, variables: { input, ...more } });
  return `${head}Authorization: Bearer t\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

test("a body costs no more than its bytes, however small the HTTP chunks it arrives in", async () => {
  const { url, openSockets, measureGrowth } = await startMeasured();
  const connections = 200;
  const chunks = 4000;
  const sockets = await openSockets(connections);

  // All but the end of each body.
  await writeAll(sockets, `${head}Transfer-Encoding: chunked\r\n\r\n${inTinyChunks(" ".repeat(chunks))}`);

  expect((await send(url, { query: "{ __typename }" }, {})).body).toEqual({ data: { __typename: "Query" } });
  // 40 kB for an open request; an object for each chunk would be 800 kB.
  expect(await measureGrowth()).toBeLessThan(connections * (chunks + 40_000));
});

test("a response of ContactSwing costs no more than its bytes, however small the HTTP chunks it arrives in", async () => {
  const chunks = inTinyChunks(JSON.stringify(createdResponse.body) + " ".repeat(mebibyte - 200));
  const { bytes, headLength } = responseBytes(201, "", "chunked");
  const { port } = await startRawUpstream({
    onRequest: (_request, socket) => {
      socket.write(bytes.subarray(0, headLength));
      socket.write(`${chunks}0\r\n\r\n`);
    },
  });
  const service = await startMeasured({ CONTACTSWING_URL: `http://127.0.0.1:${port}` });

  const responses = await Promise.all(Array.from({ length: 4 }, () => create(service.url, minimalInput, token)));

  for (const { body } of responses) expect(body.data.createDataExtractionAction.action.id).toBe("act-1");
  expect(service.peakResidentBytes()).toBeLessThan(350 * mebibyte);
});

test("keeps nothing of a request once its response is sent, however long its connection stays open", async () => {
  const { openSockets, measureGrowth } = await startMeasured();
  const connections = 600;
  const body = JSON.stringify({ query: "{ nope }", variables: { text: "x".repeat(90_000) } });
  const sockets = await openSockets(connections);

  for (let sent = 0; sent < connections; sent += 100) {
    const some = sockets.slice(sent, sent + 100);
    const responses = some.map((socket) => once(socket, "data").then(([bytes]) => String(bytes)));
    await writeAll(some, `${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    for (const response of await Promise.all(responses)) expect(response).toMatch(/^HTTP\/1\.1 400 /);
  }

  expect(sockets.every((socket) => !socket.destroyed)).toBe(true);
  // Far below one body per connection.
  expect(await measureGrowth()).toBeLessThan(connections * 12_000);
});

test.each([
  ["on connections of their own", 1600, 1],
  ["pipelined on a few", 20, 1000],
])(
  "requests that wait for an idempotency key, %s, take no more than they are counted for",
  async (_case, count, each) => {
    const { output, openSockets, measureGrowth } = await startMeasured();

    await writeAll(await openSockets(count), waitingRequest().repeat(each));
    await eventually(() => output().includes("OVERLOADED") || count * each < 4000);

    expect(await measureGrowth()).toBeLessThan(Math.min(count * each * 32 * 1024, 100 * mebibyte));
  },
);

test("a body of many small values counts for what it becomes", async () => {
  const { output, openSockets, measureGrowth } = await startMeasured();
  const values = Array.from({ length: 30_000 }, () => ({}));

  await writeAll(await openSockets(400), waitingRequest({ values }));
  await eventually(() => output().includes("OVERLOADED"));

  expect(await measureGrowth()).toBeLessThan(100 * mebibyte);
});

const bodyOfGet = `Transfer-Encoding: chunked\r\n\r\n${inTinyChunks(" ".repeat(2000))}`;

test.each([
  ["headers that never end", `${head}${"ab:c\r\n".repeat(1000)}`],
  ["a GET with a body that nobody reads", `GET /nothing HTTP/1.1\r\nHost: bff\r\n${bodyOfGet}`],
])("an open connection with %s takes a bounded amount", async (_case, bytes) => {
  const { openSockets, measureGrowth } = await startMeasured();
  const connections = 1000;

  await writeAll(await openSockets(connections), bytes);

  expect(await measureGrowth()).toBeLessThan(connections * 24_000);
});

test("closes connections beyond its limit, and makes room when idle ones fill it", async () => {
  const { url, openSockets } = await startMeasured();
  const sockets = await openSockets(1999);
  const responses = sockets.map((socket) => once(socket, "data"));
  await writeAll(sockets, "GET /health/live HTTP/1.1\r\nHost: bff\r\n\r\n");
  await Promise.all(responses);
  // A client of its own for each, so that none of them uses a connection again.
  const getStatus = async () =>
    parseResponse(await sendRaw(url, "GET /health/live HTTP/1.1\r\nHost: bff\r\nConnection: close\r\n\r\n")).status;

  expect(await getStatus()).toBe(200);
  await openSockets(1);
  expect(await getStatus()).toBeNaN();
  expect(await eventually(async () => (await getStatus()) === 200)).toBe(true);
});

test("rejects a request with more headers than it reads", async () => {
  const { url } = await startService({});

  const text = await sendRaw(url, `GET /graphql HTTP/1.1\r\nHost: bff\r\n${"a:b\r\n".repeat(120)}\r\n`);

  expect(parseResponse(text)).toMatchObject({ status: 431, body: expect.stringContaining('"HEADERS_TOO_LARGE"') });
});

test("does not repeat long texts of ContactSwing until they fill the memory", async () => {
  const description = "x".repeat(200_000);
  const data = { id: "a", name: "N", type: "SINGLEDATAEXTRACTION", is_active: true, description };
  const upstream = await startUpstream(() => ({ status: 200, body: { ctx_id: "c", data } }));
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });
  const aliases = Array.from({ length: 29 }, (_, index) => `d${index}: description`).join(" ");

  const { body, text } = await send(url, { query: `{ dataExtractionAction(id: "a") { ${aliases} } }` }, token);

  expect(new Set(body.errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(["OVERLOADED"]));
  expect(text.length).toBeLessThan(16 * mebibyte);
});

test.each([
  ["an upgrade", "GET /health/live HTTP/1.1\r\nHost: bff\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 200],
  ["CONNECT", "CONNECT bff:80 HTTP/1.1\r\nHost: bff\r\n\r\n", Number.NaN],
  ["an expectation", "GET /health/live HTTP/1.1\r\nHost: bff\r\nExpect: a-miracle\r\n\r\n", 200],
])("does not keep a connection that asks for %s in any other state", async (_case, bytes, status) => {
  const { url } = await startService({});
  const { socket, closed } = await openConnection(url);

  socket.end(bytes);

  expect(parseResponse(await closed).status).toBe(status);
});
