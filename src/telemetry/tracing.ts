import type { IncomingHttpHeaders } from "node:http";
import {
  type Context,
  createTraceState,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { RequestFailure } from "../failures/failure.ts";
import { findWorstCode, isServiceFault } from "../failures/service-faults.ts";
import type { Logger } from "./logger.ts";
import { readOtelSetting } from "./otel-settings.ts";

export interface Tracing {
  /** Exports the remaining spans, at the latest until `deadlineMs` on the clock of `performance.now()`. */
  stop(deadlineMs: number): Promise<void>;
}

interface TracingOptions {
  /** `process.env`: the SDK's packages read theirs there themselves. */
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  readonly logger: Logger;
}

const tracerName = "contactswing-bff";

/** Set while traces are recorded. Not the API's own proxy, which keeps the first SDK that it sees. */
let tracer: Tracer | undefined;

const noSpan = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);

/**
 * Starts a span, and returns it with the context for what happens inside it. Without the SDK that is the context it was
 * given, so that a caller's trace context reaches ContactSwing unchanged.
 */
export function startSpan(name: string, parent: Context, options: SpanOptions = {}) {
  if (tracer === undefined) return { span: noSpan, traceContext: parent };
  const span = tracer.startSpan(name, options, parent);
  return { span, traceContext: trace.setSpan(parent, span) };
}

/** Whether OpenTelemetry's own variables ask for traces, by naming a receiver or an exporter. */
export function isTracingRequested(environment: NodeJS.ProcessEnv): boolean {
  const read = (name: string) => readOtelSetting(environment, name);
  if (read("OTEL_SDK_DISABLED")?.toLowerCase() === "true" || read("OTEL_TRACES_EXPORTER") === "none") return false;
  const names = ["OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
  return names.some((name) => read(name) !== undefined);
}

/** Starts the OpenTelemetry SDK if it is requested; otherwise the SDK is not even loaded. */
export async function startTracing({ environment, version, logger }: TracingOptions): Promise<Tracing> {
  if (!isTracingRequested(environment)) return { stop: async () => {} };
  const { startSdk } = await import("./tracing-sdk.ts");
  const sdk = startSdk(environment, version, logger);
  tracer = trace.getTracer(tracerName, version);
  return {
    async stop(deadlineMs) {
      await sdk.stop(deadlineMs);
      tracer = undefined;
    },
  };
}

// W3C Trace Context, section 3.2: version 00, and neither ID all zeros.
const traceparentPattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The caller's trace context from `traceparent` and `tracestate`; `ROOT_CONTEXT` when absent or malformed. */
export function extractTraceContext({ traceparent, tracestate }: IncomingHttpHeaders): Context {
  const match = typeof traceparent === "string" ? traceparentPattern.exec(traceparent) : null;
  if (match === null) return ROOT_CONTEXT;
  const [, traceId = "", spanId = "", flags = ""] = match;
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return trace.setSpanContext(
    ROOT_CONTEXT,
    typeof tracestate === "string" ? { ...spanContext, traceState: createTraceState(tracestate) } : spanContext,
  );
}

/** The trace ID of a context: of this service's trace, or, without the SDK, of the caller's; undefined without either. */
export function readTraceId(traceContext: Context): string | undefined {
  return findSpanContext(traceContext)?.traceId;
}

/**
 * The headers of a context by W3C Trace Context: of its span, or, without the SDK, the caller's own, unchanged. Whoever
 * forwards `traceparent` also forwards `tracestate` (section 3.3).
 */
export function formatTraceHeaders(traceContext: Context): Readonly<Record<string, string>> {
  const spanContext = findSpanContext(traceContext);
  if (spanContext === undefined) return {};
  const { traceId, spanId, traceFlags, traceState } = spanContext;
  const tracestate = traceState?.serialize();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`,
    ...(tracestate ? { tracestate } : {}),
  };
}

function findSpanContext(traceContext: Context): SpanContext | undefined {
  const spanContext = trace.getSpanContext(traceContext);
  return spanContext !== undefined && trace.isSpanContextValid(spanContext) ? spanContext : undefined;
}

/** Names the worst error of a response in a span, which is marked as failed if a fault of this service is among them. */
export function recordErrors(span: Span, errorCodes: readonly string[] | undefined): void {
  const code = findWorstCode(errorCodes);
  if (code === undefined) return;
  span.setAttribute("error.type", code);
  if (isServiceFault(code)) span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Runs a part of a request in a span of its own. What it throws is named in the span by its type alone. */
export function inSpan<Result>(name: string, parent: Context, run: () => Result): Result {
  const { span } = startSpan(name, parent);
  try {
    return run();
  } catch (error) {
    span.setAttribute("error.type", error instanceof RequestFailure ? error.failure.kind : "Error");
    throw error;
  } finally {
    span.end();
  }
}
