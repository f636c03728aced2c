import { request } from "node:http";
import { expect, test } from "@jest/globals";
import { findFreePort } from "./helpers/free-port.ts";
import { create, createMutation, minimalInput, send } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { eventually } from "./helpers/process.ts";
import { parseResponse, sendRaw } from "./helpers/raw-http.ts";
import { startRawUpstream } from "./helpers/raw-upstream.ts";
import { startService } from "./helpers/service.ts";
import { createdResponse, type ReceivedRequest, type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

const token = { authorization: "Bearer t" };

const parseLines = (logLines: readonly string[]) => logLines.map((line) => JSON.parse(line));

async function start(
  respond: (request: ReceivedRequest) => ScriptedResponse | Promise<ScriptedResponse> = () => createdResponse,
  environment: Record<string, string> = {},
) {
  const upstream = await startUpstream(respond);
  const running = await startService({ CONTACTSWING_URL: upstream.url, ...environment });
  return { ...running, upstream, lines: () => parseLines(running.logLines) };
}

const detailsResponse: ScriptedResponse = {
  status: 200,
  body: { ctx_id: "ctx-read", data: { id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION", is_active: true } },
};
const createAndRead = {
  query: createMutation.replace("id name type", "id isActive"),
  variables: { input: { ...minimalInput, idempotencyKey: "key-1" } },
};

test("writes one line of a create request, with every field in one type", async () => {
  const { url, lines, logLines } = await start(({ method }) => (method === "POST" ? createdResponse : detailsResponse));

  await send(url, createAndRead, {
    ...token,
    "x-request-id": "form-17",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "apollographql-client-name": "back-office",
    "apollographql-client-version": "1.2.3",
  });

  expect(lines()).toEqual([
    {
      "@timestamp": expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      "log.level": "info",
      message: "graphql request",
      "ecs.version": expect.stringMatching(/^\d+\.\d+\.\d+$/),
      "service.name": "contactswing-bff",
      "service.version": "0.0.0-test",
      "event.dataset": "contactswing-bff",
      "http.request.id": "form-17",
      "http.request.method": "POST",
      "http.response.status_code": 200,
      "url.path": "/graphql",
      "event.duration": expect.any(Number),
      "event.outcome": "success",
      "graphql.operation.name": "Create",
      "graphql.operation.type": "mutation",
      "graphql.client.name": "back-office",
      "graphql.client.version": "1.2.3",
      "idempotency.result": ["created"],
      "upstream.status_code": 200,
      "upstream.duration": expect.any(Number),
      // The create request's ID is the one that ContactSwing's support needs.
      "upstream.ctx_id": "ctx-1",
      "upstream.read_ctx_id": "ctx-read",
      "trace.id": "4bf92f3577b34da6a3ce929d0e0e4736",
    },
  ]);
  const [line] = lines();
  expect(Number.isInteger(line["event.duration"]) && line["event.duration"] > line["upstream.duration"]).toBe(true);
  expect(logLines[0]).toMatch(/^\{.*\}\n$/);
});

test.each<[string, ScriptedResponse, unknown, Record<string, string>, string, string]>([
  ["a caller without a token", createdResponse, minimalInput, {}, "info", "UNAUTHENTICATED"],
  ["an invalid input", createdResponse, { name: "", webhook: {} }, token, "info", "BAD_USER_INPUT"],
  ["a conflict", { status: 409, body: { detail: "no" } }, minimalInput, token, "info", "CONFLICT"],
  ["an error of ContactSwing", { status: 500, body: "no" }, minimalInput, token, "warn", "UPSTREAM_ERROR"],
  ["an undocumented response", { status: 200, body: "no" }, minimalInput, token, "warn", "UPSTREAM_BAD_RESPONSE"],
])("logs %s at the level of who has to act", async (_case, response, input, headers, level, code) => {
  const { url, lines } = await start(() => response);

  await create(url, input, headers);

  expect(lines()).toMatchObject([
    { "log.level": level, "error.code": code, "graphql.error.codes": [code], "event.outcome": "failure" },
  ]);
});

test("logs the worst of several codes, and all of them", async () => {
  const { url, lines } = await start(() => ({ status: 502, body: "" }));
  const field = (name: string) => `createDataExtractionAction(input: { name: "${name}", webhook: {} }) { ctxId }`;

  await send(url, { query: `mutation { a: ${field("")} b: ${field("n")} }` }, token);

  expect(lines()).toMatchObject([
    { "error.code": "UPSTREAM_ERROR", "graphql.error.codes": ["BAD_USER_INPUT", "UPSTREAM_ERROR"] },
  ]);
});

test.each<[string, () => Promise<string>, string | RegExp]>([
  ["refuses connections", async () => `http://127.0.0.1:${await findFreePort()}`, "ECONNREFUSED"],
  ["has no address", async () => "http://contactswing.invalid", /^(ENOTFOUND|EAI_AGAIN)$/],
  [
    "has an untrusted certificate",
    async () => `https://localhost:${(await startRawUpstream({ isTls: true })).port}`,
    "DEPTH_ZERO_SELF_SIGNED_CERT",
  ],
  [
    "closes the connection",
    async () =>
      `http://127.0.0.1:${(await startRawUpstream({ onRequest: (_request, socket) => socket.resetAndDestroy() })).port}`,
    "ECONNRESET",
  ],
  [
    "does not respond in time",
    async () => `http://127.0.0.1:${(await startRawUpstream({ onRequest: () => {} })).port}`,
    "ETIMEDOUT",
  ],
])("names the cause and counts it when ContactSwing %s", async (_case, startBroken, code) => {
  const { url, logLines } = await startService({ CONTACTSWING_URL: await startBroken(), UPSTREAM_TIMEOUT_MS: "300" });

  await create(url, minimalInput, token);

  const [line] = parseLines(logLines);
  const cause = line["upstream.error.code"];
  expect(line).toMatchObject({ "log.level": "warn", "event.outcome": "failure" });
  expect(cause).toMatch(code);
  const labels = { operation: "createDataExtractionAction", cause };
  expect((await scrape(url)).value("contactswing_bff_upstream_failures_total", labels)).toBe(1);
});

test("logs each transition of the circuit breaker once, and that requests were not sent", async () => {
  let status = 503;
  const { url, upstream, lines } = await start(() => (status === 201 ? createdResponse : { status, body: "" }));
  const messages = () => lines().filter(({ message }) => message !== "graphql request");

  await Promise.all(Array.from({ length: 20 }, () => create(url, minimalInput, token)));
  for (let count = 0; count < 5; count++) await create(url, minimalInput, token);
  const sent = upstream.received.length;
  status = 201;
  await eventually(async () => (await create(url, minimalInput, token)).body.errors === undefined);

  expect(sent).toBe(20);
  expect(messages()).toMatchObject([
    { "log.level": "warn", message: "circuit breaker opened" },
    { "log.level": "warn", message: "circuit breaker closed" },
  ]);
  expect(lines().find((line) => line["upstream.shed"])).toMatchObject({
    "error.code": "UPSTREAM_UNAVAILABLE",
    "upstream.shed": "circuit-open",
  });
});

test("logs that a request was not sent because too many were in flight", async () => {
  const { promise, resolve } = Promise.withResolvers<ScriptedResponse>();
  const { url, upstream, lines } = await start(() => promise, { MAX_IN_FLIGHT: "1" });
  const first = create(url, minimalInput, token);
  await eventually(() => upstream.received.length === 1);

  await create(url, minimalInput, token);
  resolve(createdResponse);
  await first;

  expect(lines()[0]).toMatchObject({ "error.code": "OVERLOADED", "upstream.shed": "overloaded" });
});

test("writes failures of the service and nothing else at LOG_LEVEL=warn", async () => {
  const { url, lines } = await start(() => ({ status: 503, body: "" }), { LOG_LEVEL: "warn" });

  await send(url, { query: "{ __typename }" });
  await create(url, minimalInput, token);

  expect(lines()).toMatchObject([{ "log.level": "warn", "upstream.status_code": 503 }]);
});

test("truncates what the caller chooses, and replaces the token in it", async () => {
  const { url, lines } = await start();
  const long = "N".repeat(1000);
  const secret = "token-3f9a51c7";

  for (const text of [long, secret]) {
    const headers = {
      authorization: `Bearer ${secret}`,
      "apollographql-client-name": text,
      "apollographql-client-version": `v ${text}`,
    };
    await send(url, { query: `query ${text.replaceAll("-", "_")} { __typename }` }, headers);
  }

  expect(lines()[0]).toMatchObject({
    "graphql.operation.name": long.slice(0, 100),
    "graphql.client.name": long.slice(0, 100),
    "graphql.client.version": `v ${long}`.slice(0, 100),
  });
  expect(lines()[1]["graphql.client.name"]).toMatch(/^\[/);
  expect(JSON.stringify(lines())).not.toContain(secret);
});

/** Sends a create request whose caller disconnects once it has reached ContactSwing. */
async function createAndDisconnect(url: string, hasArrived: () => boolean, headers: Record<string, string>) {
  const sent = request(`${url}/graphql`, {
    method: "POST",
    headers: { ...token, "content-type": "application/json", ...headers },
  });
  const closed = new Promise((resolve) => sent.once("close", resolve));
  sent.once("error", () => {});
  sent.end(JSON.stringify({ query: createMutation, variables: { input: minimalInput } }));
  await eventually(hasArrived);
  sent.destroy();
  await closed;
}

test("logs how a create request ended whose caller had disconnected, and counts it as aborted", async () => {
  const { promise, resolve } = Promise.withResolvers<ScriptedResponse>();
  const { url, upstream, lines, logLines } = await start(() => promise);

  await createAndDisconnect(url, () => upstream.received.length === 1, { "x-request-id": "gone" });
  expect(logLines).toEqual([]);
  resolve({ status: 500, body: "" });
  await eventually(() => logLines.length > 0);

  expect(lines()).toMatchObject([
    {
      "log.level": "info",
      "http.request.id": "gone",
      "http.request.aborted": true,
      "upstream.status_code": 500,
    },
  ]);
  const { value } = await scrape(url);
  expect(value("contactswing_bff_requests_total", { code: "ABORTED" })).toBe(1);
  expect(value("contactswing_bff_requests_total")).toBe(1);
});

test("logs a request whose body was cut short as aborted", async () => {
  const { url, lines, logLines } = await start();
  const headers = { ...token, "content-type": "application/json", "content-length": 1000, expect: "100-continue" };
  const sent = request(`${url}/graphql`, { method: "POST", headers });
  sent.once("error", () => {});
  sent.flushHeaders();
  await new Promise((resolve) => sent.once("continue", resolve));

  sent.write('{"query":', () => sent.destroy());
  await eventually(() => logLines.length > 0);

  expect(lines()).toMatchObject([{ "log.level": "info", "http.request.aborted": true, "event.outcome": "unknown" }]);
});

test.each([
  ["POST /graphql", "application/json", 400, "BAD_REQUEST"],
  ["POST /graphql", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["GET /graphql?query={__typename}", "application/json", 400, "BAD_REQUEST"],
])("writes one line of a %s of type %s whose body is not valid HTTP", async (target, type, status, code) => {
  const { url, service, lines } = await start();
  const head = `${target} HTTP/1.1\r\nHost: bff\r\nX-Request-Id: broken\r\nContent-Type: ${type}\r\n`;

  const text = await sendRaw(url, `${head}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`);
  await service.stop();

  expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(parseResponse(text)).toMatchObject({ status, head: expect.stringMatching(/^x-request-id: broken$/m) });
  expect(lines()).toEqual([
    expect.objectContaining({
      "http.request.id": "broken",
      "http.response.status_code": status,
      "error.code": code,
      "event.outcome": "failure",
    }),
  ]);
});
