import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { lastingDelayMs, maxDelayMs } from "../src/http/event-loop-gauge.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { type GraphqlAnswer, send } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

/** Keeps this thread, and with it the service, busy for so long. */
function work(durationMs: number): void {
  for (const end = performance.now() + durationMs; performance.now() < end; );
}

/** Keeps the thread busy for so long whenever one of two connections has something to say, which they always do. */
async function strain(durationMs: number): Promise<{ stop: () => void }> {
  let isOver = false;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      if (isOver) return;
      work(durationMs);
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

const query = { query: "{ __typename }" };

/** Sends queries until an answer has this status. */
async function sendUntil(
  url: string,
  status: number,
  request: Record<string, unknown> = query,
): Promise<GraphqlAnswer> {
  for (;;) {
    const answer = await send(url, request);
    if (answer.status === status) return answer;
  }
}

/** Sends queries by GET until an answer has this status, and gives its body. */
async function getUntil(url: string, status: number): Promise<unknown> {
  for (;;) {
    const response = await fetch(`${url}/graphql?query={__typename}`, { headers: { authorization: "Bearer t" } });
    const body = await response.json();
    if (response.status === status) return body;
  }
}

test("refuses on /graphql while the event loop runs late for long, and answers again as soon as it does not", async () => {
  const upstream = await startUpstream();
  const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url });
  const mutation = { query: 'mutation { createDataExtractionAction(input: { name: "a", webhook: {} }) { ctxId } }' };
  const load = await strain(maxDelayMs * 2);

  const refused = await sendUntil(url, 503, mutation);
  const health = await Promise.all(["live", "ready"].map((path) => fetch(`${url}/health/${path}`)));
  const refusedQuery = await getUntil(url, 503);
  load.stop();
  const after = await sendUntil(url, 200);

  const requestId = refused.headers.get("x-request-id");
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(refused.headers.get("content-type")).toMatch(/^application\/json/);
  expect(refused.body).toEqual({
    errors: [
      {
        message: expect.any(String),
        extensions: { code: "OVERLOADED", requestId, outcome: "NOT_CREATED", retryable: true, retryAfterSeconds: 1 },
      },
    ],
  });
  expect(upstream.received.map(({ headers }) => headers["x-request-id"])).not.toContain(requestId);
  expect(health.map(({ status }) => status)).toEqual([200, 200]);
  expect(refusedQuery).toMatchObject({
    errors: [{ extensions: { code: "OVERLOADED", retryable: true } }],
  });
  expect(after.body).toEqual({ data: { __typename: "Query" } });
  const line = logLines.map((line) => JSON.parse(line)).find((line) => line["http.request.id"] === requestId);
  expect(line).toMatchObject({ "http.response.status_code": 503, "error.code": ["OVERLOADED"] });
});

test("takes one long pause, a short time of long ones and many short ones for what they are", async () => {
  const { url } = await startService({});
  const statuses: number[] = [];
  const sendFor = async (durationMs: number) => {
    for (const end = performance.now() + durationMs; performance.now() < end; ) {
      const answers = await Promise.all(Array.from({ length: 5 }, () => send(url, query)));
      statuses.push(...answers.map(({ status }) => status));
    }
  };

  work(lastingDelayMs * 2);
  statuses.push((await send(url, query)).status);
  // Two of them a turn: late enough to be refused, were there more of them.
  const longPauses = await strain(maxDelayMs * 1.5);
  await sendFor(lastingDelayMs / 5);
  longPauses.stop();
  await sendFor(lastingDelayMs / 3);
  const shortPauses = await strain(maxDelayMs / 4);
  await sendFor(lastingDelayMs * 1.5);
  shortPauses.stop();

  expect(new Set(statuses)).toEqual(new Set([200]));
});

test("answers a burst of a thousand requests at once", async () => {
  const { url } = await startService({});

  const answers = await Promise.all(Array.from({ length: 1000 }, () => send(url, query)));

  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
});
