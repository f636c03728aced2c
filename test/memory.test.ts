import { once } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { create, createMutation, minimalInput, send } from "./helpers/graphql.ts";
import { startMeasuredProcess } from "./helpers/measured-process.ts";
import { eventually } from "./helpers/process.ts";
import { openConnection } from "./helpers/raw-http.ts";
import { responseBytes, startRawUpstream } from "./helpers/raw-upstream.ts";
import { startService } from "./helpers/service.ts";
import { createdResponse, startUpstream } from "./helpers/upstream.ts";

const mebibyte = 1024 * 1024;
/** What grows once, whatever is sent: code that runs for the first time. */
const warmUpBytes = 6 * mebibyte;
const token = { authorization: "Bearer t" };
const authorization = "Authorization: Bearer t\r\n";
const head = "POST /graphql HTTP/1.1\r\nHost: bff\r\nContent-Type: application/json\r\n";

/** A body in HTTP chunks of one byte each, six bytes on the wire for every one of the body. */
const inTinyChunks = (body: string) => Array.from(body, (character) => `1\r\n${character}\r\n`).join("");

/** The built service in front of an upstream that never responds. */
async function startMeasured(environment: Record<string, string> = {}) {
  const { port } = await startRawUpstream({ onRequest: () => {} });
  const settings = { CONTACTSWING_URL: `http://127.0.0.1:${port}`, UPSTREAM_TIMEOUT_MS: "60000", ...environment };
  const service = await startMeasuredProcess(settings);
  await send(service.url, { query: "{ __typename }" }, { connection: "close" });
  const before = await service.measure();
  return {
    ...service,
    openSockets: (count: number) =>
      Promise.all(Array.from({ length: count }, async () => (await openConnection(service.url)).socket)),
    /** Bytes that have survived since the start. Fails unless the service still responds to others. */
    async measureGrowth() {
      const after = await service.measure();
      expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
      return after - before;
    },
  };
}

async function writeAll(sockets: readonly Socket[], bytes: string): Promise<void> {
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write(bytes, resolve))));
}

/** The request waits for ContactSwing. */
const slowGet =
  head.replace("POST /graphql", "GET /graphql?query={dataExtractionActions{edges{cursor}}}") + authorization;
const chunked = "Transfer-Encoding: chunked\r\n\r\n";

test.each([
  ["headers that never end", `${head}${"ab:c\r\n".repeat(1000)}`, 24_000],
  ["a GET whose body nobody reads", `${slowGet}${chunked}${inTinyChunks(" ".repeat(4000))}`, 150_000],
  // An object for each chunk would be 800 kB.
  ["a body in tiny chunks", `${head}${chunked}${inTinyChunks(" ".repeat(4000))}`, 44_000],
])("an open request with %s takes a bounded amount", async (_case, bytes, maxBytes) => {
  const { openSockets, measureGrowth } = await startMeasured();
  const connections = 100;

  await writeAll(await openSockets(connections), bytes);

  expect(await measureGrowth()).toBeLessThan(warmUpBytes + connections * maxBytes);
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

  const { body } = await create(service.url, minimalInput, token);

  expect(body.data.createDataExtractionAction.action.id).toBe("act-1");
  expect(service.peakResidentBytes()).toBeLessThan(220 * mebibyte);
});

test("keeps nothing of a request once its response is sent, however long its connection stays open", async () => {
  const { openSockets, measureGrowth } = await startMeasured();
  const connections = 200;
  const body = JSON.stringify({ query: "{ nope }", variables: { text: "x".repeat(90_000) } });
  const sockets = await openSockets(connections);

  const responses = sockets.map((socket) => once(socket, "data").then(([bytes]) => String(bytes)));
  await writeAll(sockets, `${head}Content-Length: ${body.length}\r\n\r\n${body}`);
  for (const response of await Promise.all(responses)) expect(response).toMatch(/^HTTP\/1\.1 400 /);

  expect(sockets.every((socket) => !socket.destroyed)).toBe(true);
  // Far below one body per connection.
  expect(await measureGrowth()).toBeLessThan(warmUpBytes + connections * 12_000);
});

test.each([
  ["pipelined on many connections", 300, 10, {}],
  ["with many small values", 100, 1, { values: Array.from({ length: 19_000 }, () => ({})) }],
])(
  "requests that wait for an idempotency key, %s, take no more than the memory that is counted",
  async (_case, connections, each, more) => {
    const { url, output, openSockets, measureGrowth } = await startMeasured();
    const input = { ...minimalInput, idempotencyKey: "k" };
    const body = JSON.stringify({ query: createMutation, variables: { input, ...more } });
    const request = `${head}${authorization}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

    await writeAll(await openSockets(connections), request.repeat(each));
    await eventually(async () => {
      // Pipelined requests that do not fit end their connection instead.
      await send(url, { query: "{ __typename }" }, {});
      return output().includes("OVERLOADED");
    });

    expect(await measureGrowth()).toBeLessThan(100 * mebibyte);
  },
);

test("does not repeat long texts of ContactSwing until they fill the memory", async () => {
  const description = "x".repeat(200_000);
  const data = { id: "a", name: "N", type: "SINGLEDATAEXTRACTION", is_active: true, description };
  const upstream = await startUpstream(() => ({ status: 200, body: { ctx_id: "c", data } }));
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });
  const aliases = Array.from({ length: 29 }, (_, index) => `d${index}: description`).join(" ");

  const { body, text } = await send(url, { query: `{ dataExtractionAction(id: "a") { ${aliases} } }` }, token);

  expect(new Set(body.errors?.map(({ extensions }) => extensions.code))).toEqual(new Set(["OPERATION_LIMIT_EXCEEDED"]));
  expect(text.length).toBeLessThan(16 * mebibyte);
});
