import { expect, test } from "@jest/globals";
import { authorized, create, createMutation, minimalInput, send } from "./helpers/graphql.ts";
import { eventually } from "./helpers/process.ts";
import { openConnection, sendRaw } from "./helpers/raw-http.ts";
import { startWithUpstream } from "./helpers/service.ts";
import { createdResponse, type ScriptedResponse } from "./helpers/upstream.ts";

const detailsResponse: ScriptedResponse = {
  status: 200,
  body: { ctx_id: "ctx-read", data: { id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION", is_active: true } },
};
const createAndRead = {
  query: createMutation.replace("id name type", "id isActive"),
  variables: { input: { ...minimalInput, idempotencyKey: "key-1" } },
};

test("writes one line of a create request, with every field in one type", async () => {
  const { url, lines, logLines } = await startWithUpstream(({ method }) =>
    method === "POST" ? createdResponse : detailsResponse,
  );

  await send(url, createAndRead, {
    ...authorized,
    "x-request-id": "form-17",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "apollographql-client-name": "back-office",
    "apollographql-client-version": "1.2.3",
  });

  expect(lines()).toEqual([
    {
      "@timestamp": expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      "log.level": "info",
      severity: "INFO",
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
      "graphql.root_field": "createDataExtractionAction",
      "graphql.client.name": "back-office",
      "graphql.client.version": "1.2.3",
      "idempotency.result": ["done"],
      "upstream.requests": 2,
      "upstream.duration": expect.any(Number),
      "upstream.duration_sum": expect.any(Number),
      // Of the create request, not of the read of its details.
      "upstream.status_code": 201,
      "upstream.ctx_id": "ctx-1",
      "trace.id": "4bf92f3577b34da6a3ce929d0e0e4736",
    },
  ]);
  const [line] = lines();
  expect(Number.isInteger(line["event.duration"]) && line["event.duration"] > line["upstream.duration"]).toBe(true);
  expect(logLines[0]).toMatch(/^\{.*\}\n$/);
});

// Which codes are logged as warnings is in unit/failure-table.test.ts and, for each alert, in runbook.test.ts.
test("logs the worst of several codes, and all of them", async () => {
  const { url, lines } = await startWithUpstream(() => ({ status: 502 }));
  const field = (name: string) => `createDataExtractionAction(input: { name: "${name}", webhook: {} }) { ctxId }`;

  await send(url, { query: `mutation { a: ${field("")} b: ${field("n")} }` });

  expect(lines()).toMatchObject([
    {
      "log.level": "warn",
      "event.outcome": "failure",
      "error.code": "UPSTREAM_ERROR",
      "graphql.error.codes": ["BAD_USER_INPUT", "UPSTREAM_ERROR"],
    },
  ]);
});

test("writes failures of the service and nothing else at LOG_LEVEL=warn", async () => {
  const { url, lines } = await startWithUpstream(() => ({ status: 503 }), { LOG_LEVEL: "warn" });

  await send(url, { query: "{ __typename }" });
  await create(url, minimalInput);

  expect(lines()).toMatchObject([{ "log.level": "warn", "upstream.status_code": 503 }]);
});

test("truncates what the caller chooses", async () => {
  const { url, lines } = await startWithUpstream();
  const long = "N".repeat(1000);

  const headers = { ...authorized, "apollographql-client-name": long, "apollographql-client-version": `v ${long}` };
  await send(url, { query: `query ${long} { __typename }` }, headers);

  const [line] = lines();
  const texts = [line["graphql.operation.name"], line["graphql.client.name"], line["graphql.client.version"]];
  expect(texts).toEqual([long, long, `v ${long}`].map((text) => text.slice(0, 100)));
});

test("logs no text of a caller whose token is ambiguous", async () => {
  const { url, logLines } = await startWithUpstream();
  const body = '{"query":"query canary { __typename }"}';
  const head = [
    "POST /graphql HTTP/1.1",
    "Host: bff",
    "Connection: close",
    "Content-Type: application/json",
    "Authorization: Bearer other",
    "Authorization: Bearer canary",
    "Apollographql-Client-Name: canary",
    "X-Request-Id: canary",
    `Content-Length: ${body.length}`,
  ];

  await sendRaw(url, `${head.join("\r\n")}\r\n\r\n${body}`);
  await eventually(() => logLines.length > 0);

  expect(logLines.join("")).not.toContain("canary");
});

test("logs no control character of a client's name", async () => {
  const { url, lines } = await startWithUpstream();

  // A terminal takes the character for the start of a command.
  await send(url, { query: "{ __typename }" }, { ...authorized, "apollographql-client-name": "a\x9b31mb" });

  expect(lines()).toMatchObject([{ "graphql.client.name": "a?31mb" }]);
});

test("logs a request whose body was cut short as aborted", async () => {
  const { url, lines } = await startWithUpstream();
  const { socket } = await openConnection(url);
  const head = "POST /graphql HTTP/1.1\r\nHost: bff\r\nContent-Type: application/json\r\nContent-Length: 1000";

  socket.write(`${head}\r\n\r\n{"query":`, () => socket.destroy());
  await eventually(() => lines().length > 0);

  expect(lines()).toMatchObject([{ "log.level": "info", "http.request.aborted": true, "event.outcome": "unknown" }]);
});
