import { expect, test } from "@jest/globals";
import { create, createMutation, minimalInput, send } from "./helpers/graphql.ts";
import { type OtlpReceiver, startOtlpReceiver } from "./helpers/otlp-receiver.ts";
import type { ReceivedSpan } from "./helpers/otlp-traces.ts";
import { startService } from "./helpers/service.ts";
import { createdResponse, type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

const token = { authorization: "Bearer t" };
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callerSpanId = "00f067aa0ba902b7";
const sampled = `00-${traceId}-${callerSpanId}-01`;
const unsampled = `00-${traceId}-${callerSpanId}-00`;
const traceparentPattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])$/;

async function startTraced(environment: Record<string, string> = {}, response: ScriptedResponse = createdResponse) {
  const receiver = await startOtlpReceiver();
  const upstream = await startUpstream(() => response);
  const running = await startService({
    CONTACTSWING_URL: `${upstream.url}/tenant`,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    ...environment,
  });
  return { receiver, upstream, ...running };
}

/** Stops the service, which exports the remaining spans, and returns them by name. */
async function collect({ receiver, service }: { receiver: OtlpReceiver; service: { stop(): Promise<unknown> } }) {
  await service.stop();
  return new Map(receiver.spans.map((span) => [span.name, span]));
}

const childrenOf = (spans: Iterable<ReceivedSpan>, parent: ReceivedSpan | undefined) =>
  [...spans].filter(({ parentSpanId }) => parentSpanId === parent?.spanId).map(({ name }) => name);

test("exports a create request as one trace: request, document, operation, validation, upstream request", async () => {
  const traced = await startTraced();

  await create(traced.url, minimalInput, { ...token, traceparent: sampled });

  const spans = await collect(traced);
  const request = spans.get("POST /graphql");
  expect(request).toMatchObject({ traceId, parentSpanId: callerSpanId, kind: "server", isError: false });
  expect(request?.attributes).toEqual({
    "http.request.method": "POST",
    "http.route": "/graphql",
    "url.path": "/graphql",
    "url.scheme": "http",
    "http.response.status_code": 200,
  });
  expect(childrenOf(spans.values(), request)).toEqual(["graphql.parse", "graphql.validate", "mutation"]);
  const operation = spans.get("mutation");
  expect(operation?.attributes).toEqual({ "graphql.operation.type": "mutation", "graphql.operation.name": "Create" });
  expect(childrenOf(spans.values(), operation)).toEqual(["validate input", "POST /v2/_actions"]);
  const upstreamRequest = spans.get("POST /v2/_actions");
  expect(upstreamRequest).toMatchObject({ kind: "client", isError: false });
  expect(upstreamRequest?.attributes).toEqual({
    "http.request.method": "POST",
    "http.response.status_code": 201,
    "server.address": "127.0.0.1",
    "server.port": Number(new URL(traced.upstream.url).port),
    "url.full": `${traced.upstream.url}/tenant/v2/_actions`,
    "url.template": "/v2/_actions",
    "contactswing.ctx_id": "ctx-1",
  });
  expect([...spans.values()].every((span) => span.traceId === traceId && span.eventCount === 0)).toBe(true);
  expect((upstreamRequest?.durationNanoseconds ?? 0n) > 0n).toBe(true);
  expect((request?.durationNanoseconds ?? 0n) > (upstreamRequest?.durationNanoseconds ?? 0n)).toBe(true);
});

test.each([
  [
    "a mutation",
    { query: createMutation, variables: { input: minimalInput } },
    ["POST /v2/_actions", "mutation", "POST /graphql"],
  ],
  [
    "a federated reference",
    {
      query: "query ($r: [_Any!]!) { _entities(representations: $r) { ... on DataExtractionAction { name } } }",
      variables: { r: [{ __typename: "DataExtractionAction", id: "act-1" }] },
    },
    ["GET /v2/_actions/{action_id}", "query", "POST /graphql"],
  ],
])("connects caller, service and ContactSwing in one trace for %s", async (_case, body, expected) => {
  const traced = await startTraced();

  await send(traced.url, body, { ...token, traceparent: sampled, tracestate: "vendor=1" });

  await collect(traced);
  const { headers } = traced.upstream.received[0] ?? {};
  const [, forwardedTraceId, forwardedSpanId] = traceparentPattern.exec(headers?.traceparent as string) ?? [];
  expect([forwardedTraceId, headers?.tracestate]).toEqual([traceId, undefined]);
  const path: string[] = [];
  let spanId = forwardedSpanId;
  for (;;) {
    const span = traced.receiver.spans.find((candidate) => candidate.spanId === spanId);
    if (span === undefined) break;
    expect(span.traceId).toBe(traceId);
    path.push(span.name);
    spanId = span.parentSpanId;
  }
  expect(path).toEqual(expected);
  expect(spanId).toBe(callerSpanId);
});

test("starts a trace when the caller has none, and logs its ID", async () => {
  const traced = await startTraced();

  await create(traced.url, minimalInput, token);

  const spans = await collect(traced);
  const [, own] = traceparentPattern.exec(traced.upstream.received[0]?.headers.traceparent as string) ?? [];
  expect(spans.get("POST /graphql")).toMatchObject({ traceId: own, parentSpanId: "" });
  expect(traced.logLines.map((line) => JSON.parse(line)["trace.id"])).toContain(own);
});

test("exports the URL of a read without the ID, which is the caller's input", async () => {
  const traced = await startTraced({}, { status: 404, body: { detail: "Action not found" } });

  await send(traced.url, { query: '{ dataExtractionAction(id: "canary") { id } }' }, token);

  const spans = await collect(traced);
  const upstreamRequest = spans.get("GET /v2/_actions/{action_id}");
  expect(upstreamRequest?.attributes).toMatchObject({
    "url.full": `${traced.upstream.url}/tenant/v2/_actions/REDACTED`,
    "http.response.status_code": 404,
    "error.type": "404",
  });
  expect(upstreamRequest?.isError).toBe(true);
  expect(spans.get("query")).toMatchObject({ isError: false });
});

test.each<[string, ScriptedResponse, string, string]>([
  ["a 503", { status: 503, body: "down" }, "503", "UPSTREAM_ERROR"],
  ["a good status with a bad body", { status: 201, body: "no" }, "bad-response-after-created", "UPSTREAM_BAD_RESPONSE"],
])("marks the spans of %s as errors, with a code", async (_case, response, upstreamError, code) => {
  const traced = await startTraced({}, response);

  await create(traced.url, minimalInput, token);

  const spans = await collect(traced);
  for (const [name, type] of [
    ["POST /v2/_actions", upstreamError],
    ["mutation", code],
    ["POST /graphql", code],
  ]) {
    expect(spans.get(name ?? "")).toMatchObject({ isError: true, attributes: { "error.type": type } });
  }
});

test("does not mark spans as errors because of the caller's mistakes", async () => {
  const traced = await startTraced();

  await create(traced.url, { name: " ", webhook: {} }, token);
  await send(traced.url, { query: "{ nope }" }, token);

  const spans = await collect(traced);
  expect(spans.get("validate input")).toMatchObject({ isError: false, attributes: { "error.type": "input-invalid" } });
  expect(spans.get("mutation")).toMatchObject({ isError: false, attributes: { "error.type": "BAD_USER_INPUT" } });
  expect(
    traced.receiver.spans.filter(({ name }) => name === "POST /graphql").map(({ attributes }) => attributes),
  ).toMatchObject([
    { "error.type": "BAD_USER_INPUT", "http.response.status_code": 200 },
    { "error.type": "GRAPHQL_VALIDATION_FAILED", "http.response.status_code": 400 },
  ]);
});

test("exports the configured resource, with the configured headers and compression", async () => {
  const traced = await startTraced({
    OTEL_SERVICE_NAME: "bff-eu",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=staging,team=voice%20agents",
    OTEL_EXPORTER_OTLP_HEADERS: "x-collector-key=abc%3D",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
  });

  await create(traced.url, minimalInput, token);

  await collect(traced);
  expect(traced.receiver.exports[0]).toMatchObject({
    path: "/v1/traces",
    headers: {
      "content-type": "application/x-protobuf",
      "content-encoding": "gzip",
      "x-collector-key": "abc=",
    },
  });
  expect(traced.receiver.spans[0]?.resource).toMatchObject({
    "service.name": "bff-eu",
    "service.version": "0.0.0-test",
    "deployment.environment.name": "staging",
    team: "voice agents",
  });
});

test("respects and forwards the caller's decision not to sample", async () => {
  const traced = await startTraced();

  await create(traced.url, minimalInput, { ...token, traceparent: unsampled });

  await collect(traced);
  expect(traced.receiver.exports).toEqual([]);
  const [, passedOn, spanId, flags] =
    traceparentPattern.exec(traced.upstream.received[0]?.headers.traceparent as string) ?? [];
  expect([passedOn, flags]).toEqual([traceId, "00"]);
  // The upstream request has a span ID of its own.
  expect(unsampled).not.toContain(spanId);
});

test.each([
  [{ OTEL_TRACES_SAMPLER: "always_off" }, sampled, 0],
  [{ OTEL_TRACES_SAMPLER: "always_on" }, unsampled, 1],
  [{ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" }, sampled, 0],
  [{ OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" }, sampled, 1],
  [{ OTEL_TRACES_SAMPLER: "parentbased_always_off" }, undefined, 0],
])("samples as configured by %j", async (environment, traceparent, expected) => {
  const traced = await startTraced(environment as Record<string, string>);

  await send(traced.url, { query: "{ __typename }" }, { ...token, ...(traceparent ? { traceparent } : {}) });

  await collect(traced);
  expect(traced.receiver.spans.filter(({ name }) => name === "POST /graphql")).toHaveLength(expected);
});

test("exports in batches while the service runs", async () => {
  const traced = await startTraced({ OTEL_BSP_SCHEDULE_DELAY: "1" });

  await create(traced.url, minimalInput, token);

  const { receiver } = traced;
  await receiver.until(() => receiver.spans.some(({ name }) => name === "POST /graphql"));
  expect(receiver.spans.map(({ name }) => name)).toContain("POST /v2/_actions");
});

test.each<[string, Record<string, string>]>([
  ["nothing is set", {}],
  ["the SDK is disabled", { OTEL_SDK_DISABLED: "TRUE" }],
  ["the exporter is none", { OTEL_TRACES_EXPORTER: "none" }],
])("exports nothing and forwards the caller's trace context unchanged when %s", async (_case, environment) => {
  const receiver = await startOtlpReceiver();
  const upstream = await startUpstream();
  const isAsked = Object.keys(environment).length > 0;
  const { url, service } = await startService({
    CONTACTSWING_URL: upstream.url,
    ...environment,
    ...(isAsked ? { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url } : {}),
  });

  await create(url, minimalInput, { ...token, traceparent: sampled });

  await service.stop();
  expect(receiver.exports).toEqual([]);
  expect(upstream.received[0]?.headers.traceparent).toBe(sampled);
});

test("keeps working while exports fail, and logs the first failure and the recovery", async () => {
  let status = 400;
  const receiver = await startOtlpReceiver(() => status);
  const upstream = await startUpstream();
  const { url, service, logLines } = await startService({
    CONTACTSWING_URL: upstream.url,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/custom/path`,
    OTEL_BSP_SCHEDULE_DELAY: "1",
  });
  const messages = () => logLines.map((line) => JSON.parse(line).message).filter((message) => /traces/.test(message));
  const exportOne = async () => {
    const before = receiver.exports.length;
    const response = await send(url, { query: createMutation, variables: { input: minimalInput } }, token);
    expect(response.body.errors).toBeUndefined();
    await receiver.until(() => receiver.exports.length > before);
  };

  await exportOne();
  await exportOne();
  status = 200;
  await exportOne();
  await service.stop();

  expect(receiver.exports[0]?.path).toBe("/custom/path");
  expect(messages()).toEqual(["traces could not be exported", "traces exported again"]);
});

test("stops in time when the receiver does not respond", async () => {
  let respond = (_status: number) => {};
  const held = new Promise<number>((resolve) => {
    respond = resolve;
  });
  const receiver = await startOtlpReceiver(() => held);
  const { url, service } = await startService({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_TIMEOUT: "60000",
  });
  await send(url, { query: "{ __typename }" }, token);

  const startedAt = performance.now();
  await service.stop();
  const stoppedAfterMs = performance.now() - startedAt;
  respond(200);

  expect(receiver.exports).toHaveLength(1);
  expect(stoppedAfterMs).toBeLessThan(10_000);
});
