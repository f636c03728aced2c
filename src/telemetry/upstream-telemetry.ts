import { type Attributes, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { UpstreamObservation, UpstreamObserver, UpstreamOutcome } from "../contactswing/observer.ts";
import type { RestOperation } from "../contactswing/rest-operation.ts";
import type { CapacityLimit } from "../failures/failure.ts";
import type { RequestRecord } from "../request/request-record.ts";
import { formatTraceHeaders, startSpan } from "./tracing.ts";
import type { UpstreamMetrics } from "./upstream-metrics.ts";

export interface UpstreamTelemetrySettings {
  readonly baseUrl: string;
  readonly metrics: UpstreamMetrics;
  readonly shed: (limit: CapacityLimit) => void;
  readonly unknownPath: () => void;
}

/** Turns upstream requests into metrics, spans, and facts for the log line of the request that they are sent for. */
export function createUpstreamTelemetry(settings: UpstreamTelemetrySettings): UpstreamObserver {
  const { baseUrl, metrics, shed, unknownPath } = settings;
  return {
    shed,
    unknownPath,
    start(operation: RestOperation<never, unknown>, record: RequestRecord): UpstreamObservation {
      const startedAt = performance.now();
      const name = `${operation.method} ${operation.path}`;
      const { span, traceContext } = startSpan(name, record.traceContext, { kind: SpanKind.CLIENT });
      if (span.isRecording()) span.setAttributes(describeRequest(baseUrl, operation, record));
      metrics.start();
      let hasEnded = false;

      function end(outcome: UpstreamOutcome): void {
        if (hasEnded) return;
        hasEnded = true;
        const durationMs = performance.now() - startedAt;
        metrics.end(operation.name, durationMs, outcome);
        recordOutcome(record, operation, durationMs, outcome);
        endSpan(span, outcome);
      }
      return {
        traceHeaders: formatTraceHeaders(traceContext),
        end,
        [Symbol.dispose]: () => end({ status: undefined, ctxId: null }),
      };
    },
  };
}

/**
 * Attributes of a client span by OpenTelemetry's HTTP conventions. IDs and cursors are the caller's input, so the URL
 * is the template.
 */
function describeRequest(
  baseUrl: string,
  { method, path }: RestOperation<never, unknown>,
  { requestId }: RequestRecord,
): Attributes {
  const { hostname, port, protocol } = new URL(baseUrl);
  return {
    "http.request.method": method,
    "http.request.id": requestId,
    "server.address": hostname,
    "server.port": port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
    "url.template": path,
    "url.full": baseUrl + path.replace(/\{\w+\}/g, "REDACTED"),
  };
}

function recordOutcome(
  record: RequestRecord,
  { effect }: RestOperation<never, unknown>,
  durationMs: number,
  { status, ctxId, failure }: UpstreamOutcome,
): void {
  record.upstreamRequests = (record.upstreamRequests ?? 0) + 1;
  record.upstreamSumMs = (record.upstreamSumMs ?? 0) + durationMs;
  record.upstreamLongestMs = Math.max(record.upstreamLongestMs ?? 0, durationMs);
  if (failure !== undefined || status === undefined) return;
  // Support needs the write's ID; a read of its details must not replace it.
  const hasWritten = record.upstreamSuccess !== undefined && record.upstreamSuccess.effect !== "read";
  if (effect !== "read" || !hasWritten) record.upstreamSuccess = { effect, status, ctxId };
}

function endSpan(span: Span, { status, ctxId, failure }: UpstreamOutcome): void {
  if (span.isRecording()) {
    // By the conventions a client span with a 4xx is an error, whoever is to blame.
    const errorType = status !== undefined && status >= 400 ? String(status) : failure?.kind;
    if (status !== undefined) span.setAttribute("http.response.status_code", status);
    if (ctxId !== null) span.setAttribute("contactswing.ctx_id", ctxId);
    if (errorType !== undefined) {
      span.setAttribute("error.type", errorType);
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
  }
  span.end();
}
