import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { authorized, createMutation, minimalInput } from "./helpers/graphql.ts";
import { eventually } from "./helpers/process.ts";
import { startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

/** Blocks this thread, and with it the service. */
function block(durationMs: number): void {
  for (const end = performance.now() + durationMs; performance.now() < end; );
}

/** Blocks the thread whenever one of two connections receives something, which they always do. */
async function strain(durationMs: number): Promise<{ stop: () => void }> {
  let isOver = false;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      if (isOver) return;
      block(durationMs);
      socket.write(chunk);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const sockets = [1, 2].map(() => connect(port, "127.0.0.1"));
  for (const socket of sockets) {
    socket.on("error", () => {});
    socket.on("data", (chunk) => socket.write(chunk));
    socket.write("a");
  }
  const stop = () => {
    isOver = true;
  };
  onTestEnd(async () => {
    stop();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { stop };
}

/** Repeats a request until its response has this status. */
function repeatUntil(status: number, request: () => Promise<Response>): Promise<Response> {
  return eventually(async () => {
    const response = await request();
    if (response.status === status) return response;
    await response.arrayBuffer();
    return undefined;
  }, `a response with status ${status}`);
}

test("rejects requests to /graphql while the event loop is late for long, and serves them again right after", async () => {
  const upstream = await startUpstream();
  const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url });
  const post = () =>
    fetch(`${url}/graphql`, {
      method: "POST",
      headers: { ...authorized, "content-type": "application/json", accept: "application/graphql-response+json" },
      body: JSON.stringify({ query: createMutation, variables: { input: minimalInput } }),
    });
  const load = await strain(200);

  const rejected = await repeatUntil(503, post);
  const health = await Promise.all(["live", "ready"].map((path) => fetch(`${url}/health/${path}`)));
  const rejectedGet = await repeatUntil(503, () => fetch(`${url}/graphql?query={__typename}`, { headers: authorized }));
  load.stop();
  const accepted = await repeatUntil(200, post);

  const requestId = rejected.headers.get("x-request-id");
  expect(rejected.headers.get("retry-after")).toBe("1");
  expect(rejected.headers.get("content-type")).toBe("application/graphql-response+json; charset=utf-8");
  expect(await rejected.json()).toEqual({
    errors: [
      {
        message: expect.any(String),
        extensions: { code: "OVERLOADED", requestId, outcome: "NOT_CREATED", retryable: true, retryAfterSeconds: 1 },
      },
    ],
  });
  expect(upstream.received.map(({ headers }) => headers["x-request-id"])).not.toContain(requestId);
  expect(health.map(({ status }) => status)).toEqual([200, 200]);
  expect(await rejectedGet.json()).toEqual({
    errors: [
      {
        message: expect.any(String),
        extensions: expect.not.objectContaining({ outcome: expect.anything() }),
      },
    ],
  });
  expect(await accepted.json()).toMatchObject({ data: { createDataExtractionAction: { ctxId: "ctx-1" } } });
  const line = logLines.map((line) => JSON.parse(line)).find((line) => line["http.request.id"] === requestId);
  expect(line).toMatchObject({ "http.response.status_code": 503, "error.code": "OVERLOADED" });
});
