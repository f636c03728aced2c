import { expect, test } from "@jest/globals";
import { authorized, create, minimalInput } from "./helpers/graphql.ts";
import { startOtlpReceiver } from "./helpers/otlp-receiver.ts";
import type { ReceivedSpan } from "./helpers/otlp-traces.ts";
import { eventually } from "./helpers/process.ts";
import { describeWithRedis, startRedis } from "./helpers/redis.ts";
import { startService } from "./helpers/service.ts";
import { createdResponse, type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const callerSpanId = "00f067aa0ba902b7";
const sampled = `00-${traceId}-${callerSpanId}-01`;
const unsampled = `00-${traceId}-${callerSpanId}-00`;

async function startTraced(environment: Record<string, string> = {}, response: ScriptedResponse = createdResponse) {
  const receiver = await startOtlpReceiver();
  const upstream = await startUpstream(() => response);
  const running = await startService({
    CONTACTSWING_URL: `${upstream.url}/tenant`,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    ...environment,
  });
  const readForwarded = () => String(upstream.received[0]?.headers.traceparent).split("-");
  return { receiver, upstream, readForwarded, ...running };
}

/** Stops the service, which exports the remaining spans, and returns them by name. */
async function collect({ receiver, service }: Awaited<ReturnType<typeof startTraced>>) {
  await service.stop();
  return new Map(receiver.spans.map((span) => [span.name, span]));
}

const childrenOf = (spans: Iterable<ReceivedSpan>, parent: ReceivedSpan | undefined) =>
  [...spans].filter(({ parentSpanId }) => parentSpanId === parent?.spanId).map(({ name }) => name);

// That no span has the ID of a read, which is the caller's input, is in canary.test.ts.
test("exports a create request as one trace, from the caller's span to the one that ContactSwing gets", async () => {
  const resource = { OTEL_SERVICE_NAME: "bff-eu", OTEL_RESOURCE_ATTRIBUTES: "team=voice%20agents" };
  const traced = await startTraced(resource);

  await create(traced.url, minimalInput, { ...authorized, traceparent: sampled, tracestate: "vendor=1" });

  const spans = await collect(traced);
  const request = spans.get("POST /graphql");
  expect(request).toMatchObject({
    parentSpanId: callerSpanId,
    kind: "server",
    isError: false,
    resource: { "service.name": "bff-eu", "service.version": "0.0.0-test", team: "voice agents" },
  });
  expect(request?.attributes).toEqual({
    "http.request.method": "POST",
    "http.request.id": traced.lines()[0]["http.request.id"],
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
    "http.request.id": request?.attributes["http.request.id"],
    "http.response.status_code": 201,
    "server.address": "127.0.0.1",
    "server.port": Number(new URL(traced.upstream.url).port),
    "url.full": `${traced.upstream.url}/tenant/v2/_actions`,
    "url.template": "/v2/_actions",
    "contactswing.ctx_id": "ctx-1",
  });
  expect([...spans.values()].map((span) => span.traceId)).toEqual(Array(spans.size).fill(traceId));
  expect(upstreamRequest?.durationNanoseconds).toBeGreaterThan(0);
  expect(request?.durationNanoseconds).toBeGreaterThan(upstreamRequest?.durationNanoseconds ?? 0);
  expect(traced.readForwarded()).toEqual(["00", traceId, upstreamRequest?.spanId, "01"]);
  expect(traced.upstream.received[0]?.headers.tracestate).toBe("vendor=1");
});

describeWithRedis("the store in Redis", () => {
  test("exports the commands to the store as part of a request with an idempotency key, and nothing of the key", async () => {
    const redis = await startRedis();
    const traced = await startTraced({ REDIS_URL: redis.url });

    await create(traced.url, { ...minimalInput, idempotencyKey: "canary-key" });

    const spans = await collect(traced);
    expect(childrenOf(spans.values(), spans.get("mutation"))).toEqual([
      "validate input",
      "claim idempotency key",
      "POST /v2/_actions",
      "write idempotency key",
    ]);
    expect(spans.get("claim idempotency key")).toMatchObject({
      kind: "client",
      attributes: { "db.system.name": "redis", "db.operation.name": "EVAL" },
    });
    expect(JSON.stringify([...spans.values()])).not.toContain("canary");
  });
});

const post = "POST /v2/_actions";
test.each([
  ["a 503", 503, "Interested?", true, post, "503", "UPSTREAM_ERROR"],
  ["a 201 with a bad body", 201, "Interested?", true, post, "bad-response-after-success", "UPSTREAM_BAD_RESPONSE"],
  ["the caller's mistake", 201, " ", false, "validate input", "input-invalid", "BAD_USER_INPUT"],
])("the spans name the error of %s, and whether it is one", async (_case, status, name, isError, span, type, code) => {
  const traced = await startTraced({}, { status });

  await create(traced.url, { name, webhook: {} });

  const spans = await collect(traced);
  const failed = (type: string) =>
    expect.objectContaining({ isError, attributes: expect.objectContaining({ "error.type": type }) });
  expect([span, "mutation", "POST /graphql"].map((name) => spans.get(name))).toEqual([type, code, code].map(failed));
});

test.each<[Record<string, string>, string | undefined, boolean]>([
  [{}, unsampled, false],
  [{}, undefined, true],
  [{ OTEL_TRACES_SAMPLER: "always_off" }, sampled, false],
  [{ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" }, sampled, false],
  [{ OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" }, sampled, true],
  [{ OTEL_TRACES_SAMPLER: "parentbased_always_off" }, undefined, false],
])("samples as configured by %j, and tells ContactSwing", async (environment, traceparent, isSampled) => {
  const traced = await startTraced(environment);

  await create(traced.url, minimalInput, { ...authorized, ...(traceparent ? { traceparent } : {}) });

  expect((await collect(traced)).has("POST /graphql")).toBe(isSampled);
  const [, forwardedTraceId, forwardedSpanId, flags] = traced.readForwarded();
  expect(traced.lines().map((line) => line["trace.id"])).toContain(forwardedTraceId);
  expect(flags).toBe(isSampled ? "01" : "00");
  if (traceparent !== undefined) expect(forwardedTraceId).toBe(traceId);
  // The upstream request has a span ID of its own.
  expect(forwardedSpanId).not.toBe(callerSpanId);
});

test("keeps working while exports fail, and logs the first failure and the recovery", async () => {
  let status = 400;
  const receiver = await startOtlpReceiver(() => status);
  const upstream = await startUpstream();
  const { url, service, lines } = await startService({
    CONTACTSWING_URL: upstream.url,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.url}/custom/path`,
    OTEL_BSP_SCHEDULE_DELAY: "1",
  });
  const exportOne = async () => {
    const before = receiver.exports.length;
    expect((await create(url, minimalInput)).body.errors).toBeUndefined();
    await eventually(() => receiver.exports.length > before);
  };

  await exportOne();
  await exportOne();
  status = 200;
  await exportOne();
  await service.stop();

  expect(receiver.exports[0]?.path).toBe("/custom/path");
  const messages = lines().map(({ message }) => message);
  expect(messages.filter((message) => message.includes("traces"))).toEqual([
    "traces could not be exported",
    "traces exported again",
  ]);
});
