import { once } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { create, createMutation, minimalInput, send } from "./helpers/graphql.ts";
import { startMeasuredProcess } from "./helpers/measured-process.ts";
import { eventually } from "./helpers/process.ts";
import { openConnection, parseResponse, sendRaw } from "./helpers/raw-http.ts";
import { responseBytes, startRawUpstream } from "./helpers/raw-upstream.ts";
import { startUpstream } from "./helpers/upstream.ts";

const mebibyte = 1024 * 1024;
const token = { authorization: "Bearer t" };
const head = "POST /graphql HTTP/1.1\r\nHost: bff\r\nContent-Type: application/json\r\n";

/** A body in HTTP chunks of one byte each, six bytes on the wire for every one of the body. */
function inTinyChunks(body: string): Buffer {
  return Buffer.concat(Array.from(Buffer.from(body), (byte) => Buffer.from([0x31, 13, 10, byte, 13, 10])));
}

async function openSockets(url: string, count: number): Promise<Socket[]> {
  return Promise.all(Array.from({ length: count }, async () => (await openConnection(url)).socket));
}

async function writeAll(sockets: readonly Socket[], bytes: string | Uint8Array): Promise<void> {
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write(bytes, resolve))));
}

function isAlive({ child }: { child: { exitCode: number | null; signalCode: string | null } }): boolean {
  return child.exitCode === null && child.signalCode === null;
}

test("a body costs no more than its bytes, however small the HTTP chunks it arrives in", async () => {
  const service = await startMeasuredProcess({});
  const before = await service.measure();
  const connections = 200;
  const bodyBytes = 20_000;
  const sockets = await openSockets(service.url, connections);

  // All but the end of each body.
  await writeAll(sockets, `${head}Transfer-Encoding: chunked\r\n\r\n`);
  await writeAll(sockets, inTinyChunks(" ".repeat(bodyBytes)));
  const answer = await send(service.url, { query: "{ __typename }" }, {});
  const during = await service.measure();

  expect(isAlive(service)).toBe(true);
  expect(answer.body).toEqual({ data: { __typename: "Query" } });
  // What an open connection takes, and its body.
  const allowed = connections * (bodyBytes + 40_000);
  expect(during.survivingBytes - before.survivingBytes).toBeLessThan(allowed);
});

test("a response of ContactSwing costs no more than its bytes, however small the HTTP chunks it arrives in", async () => {
  const padding = " ".repeat(mebibyte - 200);
  const body = JSON.stringify({ ctx_id: "c", data: { action_id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION" } });
  const chunks = inTinyChunks(body + padding);
  const { bytes, headLength } = responseBytes(201, "", "chunked");
  const { port } = await startRawUpstream({
    onRequest: (_request, socket) => {
      socket.write(bytes.subarray(0, headLength));
      socket.write(chunks);
      socket.write("0\r\n\r\n");
    },
  });
  const environment = { CONTACTSWING_URL: `http://127.0.0.1:${port}`, UPSTREAM_TIMEOUT_MS: "60000" };
  const service = await startMeasuredProcess(environment);

  const answers = await Promise.all(Array.from({ length: 4 }, () => create(service.url, minimalInput, token)));

  expect(isAlive(service)).toBe(true);
  for (const answer of answers) expect(answer.body.data.createDataExtractionAction.action.id).toBe("act-1");
  expect(service.peakResidentBytes()).toBeLessThan(350 * mebibyte);
});

test("keeps nothing of a request once it is answered, however long its connection stays open", async () => {
  const service = await startMeasuredProcess({});
  const connections = 600;
  const body = JSON.stringify({ query: "{ nope }", variables: { text: "x".repeat(90_000) } });
  const sockets = await openSockets(service.url, connections);
  const before = await service.measure();

  for (let sent = 0; sent < connections; sent += 100) {
    const some = sockets.slice(sent, sent + 100);
    const answers = some.map((socket) => once(socket, "data").then(([bytes]) => String(bytes)));
    await writeAll(some, `${head}Content-Length: ${body.length}\r\n\r\n${body}`);
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  }
  const after = await service.measure();

  expect(sockets.every((socket) => !socket.destroyed)).toBe(true);
  // Far below one body a connection.
  expect(after.survivingBytes - before.survivingBytes).toBeLessThan(connections * 12_000);
});

test("takes an operation of a type that the schema does not have for the caller's mistake", async () => {
  const service = await startMeasuredProcess({ LOG_LEVEL: "info" });

  const answer = await send(service.url, { query: "subscription { x }" }, { "x-request-id": "subscription-1" });

  expect(answer.status).toBe(400);
  expect(answer.body).toEqual({
    errors: [
      {
        message: "The schema has no subscription operations.",
        locations: [{ line: 1, column: 1 }],
        extensions: { code: "GRAPHQL_VALIDATION_FAILED", requestId: "subscription-1" },
      },
    ],
  });
  await eventually(() => service.output().includes("subscription-1"));
  const levels = service
    .output()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line)["log.level"]);
  expect(new Set(levels)).toEqual(new Set(["info"]));
});

/** A create request with a key, of which all but the first wait. */
function waitingRequest(more: Record<string, unknown> = {}, extraHeaders = ""): string {
  const input = { ...minimalInput, idempotencyKey: "k" };
  const body = JSON.stringify({ query: createMutation, variables: { input, ...more } });
  return `${head}Authorization: Bearer t\r\n${extraHeaders}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

async function startInFrontOfSilence() {
  const { port } = await startRawUpstream({ onRequest: () => {} });
  const environment = { CONTACTSWING_URL: `http://127.0.0.1:${port}`, UPSTREAM_TIMEOUT_MS: "60000" };
  return startMeasuredProcess(environment);
}

test.each([
  ["on connections of their own", 1600, 1],
  ["pipelined on a few", 20, 1000],
])("counts requests that wait for an idempotency key, %s, for at least what they take", async (_case, count, each) => {
  const service = await startInFrontOfSilence();
  const before = await service.measure();
  const sockets = await openSockets(service.url, count);

  await writeAll(sockets, waitingRequest().repeat(each));
  await eventually(() => service.output().includes("OVERLOADED") || count * each < 4000);
  const during = await service.measure();

  expect(isAlive(service)).toBe(true);
  expect(during.survivingBytes - before.survivingBytes).toBeLessThan(count * each * 32 * 1024);
  expect(during.survivingBytes - before.survivingBytes).toBeLessThan(100 * mebibyte);
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
});

test("counts a body of many small values for what it becomes", async () => {
  const service = await startInFrontOfSilence();
  const before = await service.measure();
  const connections = 400;
  const sockets = await openSockets(service.url, connections);
  const values = JSON.parse(`[${"{},".repeat(30_000)}{}]`);

  await writeAll(sockets, waitingRequest({ values }));
  await eventually(() => service.output().includes("OVERLOADED"));
  const during = await service.measure();

  expect(isAlive(service)).toBe(true);
  expect(during.survivingBytes - before.survivingBytes).toBeLessThan(100 * mebibyte);
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
});

test.each([
  ["headers that never end", `${head}${"ab:c\r\n".repeat(1000)}`],
  ["a GET with a body that nobody reads", null],
])("an open connection with %s takes a bounded amount", async (_case, bytes) => {
  const service = await startMeasuredProcess({});
  const before = await service.measure();
  const connections = 1000;
  const sockets = await openSockets(service.url, connections);

  const tiny = inTinyChunks(" ".repeat(2000));
  const get = Buffer.concat([
    Buffer.from("GET /nothing HTTP/1.1\r\nHost: bff\r\nTransfer-Encoding: chunked\r\n\r\n"),
    tiny,
  ]);
  await writeAll(sockets, bytes ?? get);
  await fetch(`${service.url}/health/live`);
  const during = await service.measure();

  expect(isAlive(service)).toBe(true);
  expect(during.survivingBytes - before.survivingBytes).toBeLessThan(connections * 24_000);
});

test("closes connections beyond its limit, and makes room when idle ones fill it", async () => {
  const service = await startMeasuredProcess({});
  const sockets = await openSockets(service.url, 2000);
  const answers = sockets.map((socket) => once(socket, "data"));
  await writeAll(sockets, "GET /health/live HTTP/1.1\r\nHost: bff\r\n\r\n");
  await Promise.all(answers);

  const isLive = () =>
    fetch(`${service.url}/health/live`).then(
      ({ status }) => status === 200,
      () => false,
    );

  expect(await isLive()).toBe(false);
  expect(await eventually(isLive)).toBe(true);
});

test("refuses a request with more headers than it reads", async () => {
  const service = await startMeasuredProcess({});

  const text = await sendRaw(service.url, `GET /graphql HTTP/1.1\r\nHost: bff\r\n${"a:b\r\n".repeat(120)}\r\n`);

  expect(parseResponse(text)).toMatchObject({ status: 431, body: expect.stringContaining('"HEADERS_TOO_LARGE"') });
});

test("refuses to repeat long texts of ContactSwing until they fill the memory", async () => {
  const description = "x".repeat(200_000);
  const data = { id: "a", name: "N", type: "SINGLEDATAEXTRACTION", is_active: true, description };
  const upstream = await startUpstream(() => ({ status: 200, body: { ctx_id: "c", data } }));
  const service = await startMeasuredProcess({ CONTACTSWING_URL: upstream.url });
  const aliases = Array.from({ length: 29 }, (_, n) => `d${n}: description`).join(" ");

  const answer = await send(service.url, { query: `{ dataExtractionAction(id: "a") { ${aliases} } }` }, token);

  const codes = answer.body.errors?.map(({ extensions }) => extensions.code);
  expect(new Set(codes)).toEqual(new Set(["OVERLOADED"]));
  expect(answer.text.length).toBeLessThan(16 * mebibyte);
});

test.each([
  ["an upgrade", "GET /health/live HTTP/1.1\r\nHost: bff\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 200],
  ["CONNECT", "CONNECT bff:80 HTTP/1.1\r\nHost: bff\r\n\r\n", undefined],
  ["an expectation", "GET /health/live HTTP/1.1\r\nHost: bff\r\nExpect: a-miracle\r\n\r\n", 200],
])("does not keep a connection that asks for %s in any other state", async (_case, bytes, status) => {
  const service = await startMeasuredProcess({});
  const { socket, closed } = await openConnection(service.url);

  socket.end(bytes);

  expect(/^HTTP\/1\.1 (\d+)/.exec(await closed)?.[1]).toBe(status?.toString());
});
