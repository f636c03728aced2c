import { createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { authorized, create, type GraphqlResponse, minimalInput, onlyError, readResponse } from "./helpers/graphql.ts";
import { listen } from "./helpers/listen.ts";
import { eventually } from "./helpers/process.ts";
import { openConnection } from "./helpers/raw-http.ts";
import { startWithUpstream } from "./helpers/service.ts";

/** Blocks this thread, and with it the service, whenever one of two connections receives something: until it stops. */
async function strain(durationMs: number): Promise<() => void> {
  let isOver = false;
  const server = createServer((socket) => {
    socket.on("data", (chunk) => {
      if (isOver) return;
      for (const end = performance.now() + durationMs; performance.now() < end; );
      socket.write(chunk);
    });
  });
  const { url } = await listen(server);
  for (const { socket } of [await openConnection(url), await openConnection(url)]) {
    socket.on("data", (chunk) => socket.write(chunk));
    socket.write("a");
  }
  const stop = () => {
    isOver = true;
  };
  onTestEnd(async () => stop());
  return stop;
}

/** Repeats a request until its response has this status. */
function repeatUntil(status: number, request: () => Promise<GraphqlResponse>): Promise<GraphqlResponse> {
  return eventually(async () => {
    const response = await request();
    return response.status === status && response;
  }, `a response with status ${status}`);
}

test("rejects requests to /graphql while the event loop is late for long, and serves them again right after", async () => {
  const { upstream, url, lines } = await startWithUpstream();
  const post = () => create(url, minimalInput, { ...authorized, accept: "application/graphql-response+json" });
  const get = async () => readResponse(await fetch(`${url}/graphql?query={__typename}`, { headers: authorized }));
  const stop = await strain(200);

  const rejected = await repeatUntil(503, post);
  const health = await Promise.all(["live", "ready"].map((path) => fetch(`${url}/health/${path}`)));
  const rejectedGet = await repeatUntil(503, get);
  stop();
  const accepted = await repeatUntil(200, post);

  const requestId = rejected.headers.get("x-request-id");
  expect(rejected.headers.get("retry-after")).toBe("1");
  expect(rejected.headers.get("content-type")).toBe("application/graphql-response+json; charset=utf-8");
  expect(rejected.body).toEqual({
    errors: [
      {
        message: expect.any(String),
        extensions: { code: "OVERLOADED", requestId, outcome: "NOT_CREATED", retryable: true, retryAfterSeconds: 1 },
      },
    ],
  });
  expect(upstream.received.map(({ headers }) => headers["x-request-id"])).not.toContain(requestId);
  expect(health.map(({ status }) => status)).toEqual([200, 200]);
  expect(onlyError(rejectedGet).extensions).toEqual(expect.not.objectContaining({ outcome: expect.anything() }));
  expect(accepted.body.data.createDataExtractionAction.ctxId).toBe("ctx-1");
  expect(lines().find((line) => line["http.request.id"] === requestId)).toMatchObject({
    "http.response.status_code": 503,
    "error.code": "OVERLOADED",
  });
});
