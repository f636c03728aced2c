import { request } from "node:http";
import { expect, test } from "@jest/globals";
import { create, minimalInput, send } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { startService } from "./helpers/service.ts";
import { createdAnswer, type ScriptedAnswer, startUpstream } from "./helpers/upstream.ts";

const token = { authorization: "Bearer t" };

async function start(answer: ScriptedAnswer = createdAnswer, environment: Record<string, string> = {}) {
  const upstream = await startUpstream(() => answer);
  const running = await startService({ CONTACTSWING_URL: upstream.url, ...environment });
  return { ...running, lines: () => running.logLines.map((line) => JSON.parse(line)) };
}

/** Resolves once no request is being worked on: a caller who left does not learn of it. */
async function allEnded(url: string): Promise<void> {
  while ((await scrape(url)).value("contactswing_bff_requests_in_flight") !== 0);
}

test("leaves one line of a create: who, what, how it ended and how long it took", async () => {
  const { url, lines, logLines } = await start();

  await create(url, minimalInput, {
    ...token,
    "x-request-id": "form-17",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  });

  expect(lines()).toEqual([
    {
      "log.level": "info",
      "@timestamp": expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      "service.name": "contactswing-bff",
      message: "graphql request",
      "http.request.id": "form-17",
      "http.response.status_code": 200,
      "event.duration": expect.any(Number),
      "event.outcome": "success",
      "graphql.operation.name": "Create",
      "graphql.operation.type": "mutation",
      "upstream.status_code": 201,
      "upstream.duration": expect.any(Number),
      "upstream.ctx_id": "ctx-1",
      "trace.id": "4bf92f3577b34da6a3ce929d0e0e4736",
    },
  ]);
  const [line] = lines();
  expect(Number.isInteger(line["event.duration"]) && line["event.duration"] > line["upstream.duration"]).toBe(true);
  expect(logLines[0]).toMatch(/^\{.*\}\n$/);
});

test.each<[string, ScriptedAnswer, unknown, Record<string, string>, string, string]>([
  ["a caller without a token", createdAnswer, minimalInput, {}, "info", "UNAUTHENTICATED"],
  ["a bad input", createdAnswer, { name: "", webhook: {} }, token, "info", "BAD_USER_INPUT"],
  ["a conflict", { status: 409, body: { detail: "no" } }, minimalInput, token, "info", "CONFLICT"],
  ["a failing ContactSwing", { status: 500, body: "no" }, minimalInput, token, "warn", "UPSTREAM_ERROR"],
  ["an answer of another form", { status: 200, body: "no" }, minimalInput, token, "warn", "UPSTREAM_BAD_RESPONSE"],
])("writes %s down at the level of who has to look", async (_case, answer, input, headers, level, code) => {
  const { url, lines } = await start(answer);

  await create(url, input, headers);

  expect(lines()).toMatchObject([{ "log.level": level, "error.code": [code], "event.outcome": "failure" }]);
});

test("still writes failures of the service down when only warnings are wanted, and nothing else", async () => {
  const { url, lines } = await start({ status: 503, body: "" }, { LOG_LEVEL: "warn" });

  await send(url, { query: "{ __typename }" });
  await create(url, minimalInput, token);

  expect(lines()).toMatchObject([{ "log.level": "warn", "upstream.status_code": 503 }]);
});

test("cuts an operation name to a length that fits into a line", async () => {
  const { url, lines } = await start();
  const name = "N".repeat(50_000);

  await send(url, { query: `query ${name} { __typename }` });

  expect(lines()).toMatchObject([{ "graphql.operation.name": "N".repeat(100) }]);
});

test("writes down how a create ended whose caller had left", async () => {
  let answerUpstream = () => {};
  let hasArrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    hasArrived = resolve;
  });
  const upstream = await startUpstream(async () => {
    hasArrived();
    await new Promise<void>((resolve) => {
      answerUpstream = resolve;
    });
    return createdAnswer;
  });
  const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url });
  const query = 'mutation { createDataExtractionAction(input: { name: "N", webhook: {} }) { ctxId } }';
  const call = request(`${url}/graphql`, {
    method: "POST",
    headers: { ...token, "content-type": "application/json", "x-request-id": "left" },
  });
  const gone = new Promise((resolve) => call.once("close", resolve));
  call.once("error", () => {});
  call.end(JSON.stringify({ query }));
  await arrival;

  call.destroy();
  await gone;
  expect(logLines).toEqual([]);
  answerUpstream();
  await allEnded(url);

  const lines = logLines.map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    {
      "http.request.id": "left",
      "http.request.aborted": true,
      "upstream.status_code": 201,
      "upstream.ctx_id": "ctx-1",
    },
  ]);
});

test("writes a request down whose body broke off", async () => {
  const { url, lines } = await start();
  const call = request(`${url}/graphql`, {
    method: "POST",
    headers: { ...token, "content-type": "application/json", "content-length": 1000, expect: "100-continue" },
  });
  call.once("error", () => {});
  call.flushHeaders();
  await new Promise((resolve) => call.once("continue", resolve));
  call.write('{"query":');
  const gone = new Promise((resolve) => call.once("close", resolve));

  call.destroy();
  await gone;
  await allEnded(url);

  expect(lines()).toMatchObject([{ "http.request.aborted": true, "event.outcome": "failure" }]);
});
