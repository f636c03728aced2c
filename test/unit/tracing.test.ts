import { expect, test } from "@jest/globals";
import { extractTraceContext, formatTraceHeaders, isTracingRequested } from "../../src/telemetry/tracing.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

test.each<[traceparent: string, isValid: boolean]>([
  [`00-${traceId}-${spanId}-01`, true],
  [`00-${traceId}-${spanId}-af`, true],
  [`00-${"0".repeat(31)}1-${"0".repeat(15)}1-00`, true],
  ["", false],
  [`01-${traceId}-${spanId}-01`, false],
  [`00-${"0".repeat(32)}-${spanId}-01`, false],
  [`00-${traceId}-${"0".repeat(16)}-01`, false],
  [`00-${traceId.toUpperCase()}-${spanId}-01`, false],
  [`00-${traceId.slice(1)}-${spanId}-01`, false],
  [`00-${traceId}-${spanId}-0g`, false],
  // Two headers, as Node.js joins them.
  [`00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`, false],
])("reads the trace context %j, and writes it unchanged if it is valid: %j", (traceparent, isValid) => {
  const traceContext = extractTraceContext({ traceparent, tracestate: "a=1" });

  expect(formatTraceHeaders(traceContext)).toEqual(isValid ? { traceparent, tracestate: "a=1" } : {});
});

test("reads the trace state beside a valid trace context", () => {
  const traceContext = extractTraceContext({ traceparent: `00-${traceId}-${spanId}-01`, tracestate: "a=1, b=2,c" });

  expect(formatTraceHeaders(traceContext)).toMatchObject({ tracestate: "a=1,b=2" });
});

test.each<[Record<string, string>, boolean]>([
  [{}, false],
  [{ OTEL_SERVICE_NAME: "bff", OTEL_TRACES_SAMPLER: "always_on" }, false],
  [{ ...endpoint, OTEL_SDK_DISABLED: "True" }, false],
  [{ ...endpoint, OTEL_TRACES_EXPORTER: "none" }, false],
  [{ ...endpoint, OTEL_SDK_DISABLED: "false" }, true],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://collector:4318/v1/traces" }, true],
  [{ OTEL_TRACES_EXPORTER: "otlp" }, true],
])("finds in %j whether traces are requested: %s", (environment, expected) => {
  expect(isTracingRequested(environment)).toBe(expected);
});
