import { type Attributes, type Span, SpanKind, SpanStatusCode } from "@opentelemetry/api";
import type { ShedReason } from "../contactswing/admission.ts";
import type { RestOperation } from "../contactswing/rest-operation.ts";
import type { RequestRecord } from "./request-record.ts";
import { formatTraceparent, startSpan } from "./tracing.ts";
import type { UpstreamMetrics, UpstreamOutcome } from "./upstream-metrics.ts";

/** One upstream request in flight. Disposing of it ends it without an outcome, because of a disconnect or a bug. */
export interface UpstreamObservation extends Disposable {
  /** W3C trace context to send along: of this request's span, or the caller's own. */
  readonly traceparent: string | undefined;
  end(outcome: UpstreamOutcome): void;
}

export type UpstreamTelemetry = ReturnType<typeof createUpstreamTelemetry>;

/** Turns upstream requests into metrics, spans, and facts for the log line of the request that they are sent for. */
export function createUpstreamTelemetry(baseUrl: string, metrics: UpstreamMetrics) {
  return {
    start(operation: RestOperation<never, unknown>, record: RequestRecord): UpstreamObservation {
      const startedAt = performance.now();
      const name = `${operation.method} ${operation.path}`;
      const { span, traceContext } = startSpan(name, record.traceContext, { kind: SpanKind.CLIENT });
      if (span.isRecording()) span.setAttributes(describeRequest(baseUrl, operation));
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
        traceparent: formatTraceparent(traceContext),
        end,
        [Symbol.dispose]: () => end({ status: undefined, ctxId: null }),
      };
    },
    /** An upstream request that was not sent. */
    shed(reason: ShedReason, record: RequestRecord): void {
      metrics.shed(reason);
      record.upstreamShed = reason;
    },
  };
}

/**
 * Attributes of a client span by OpenTelemetry's HTTP conventions. IDs and cursors are the caller's input, so the URL
 * is the template.
 */
function describeRequest(baseUrl: string, { method, path }: RestOperation<never, unknown>): Attributes {
  const { hostname, port, protocol } = new URL(baseUrl);
  return {
    "http.request.method": method,
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
  record.upstreamDurationMs = (record.upstreamDurationMs ?? 0) + durationMs;
  if (status !== undefined) record.upstreamStatus = status;
  if (failure?.networkErrorCode !== undefined) record.upstreamErrorCode = failure.networkErrorCode;
  if (ctxId === null) return;
  // Support needs the create request's ID; a read of its details must not replace it.
  const isReadAfterCreate = effect === "read" && record.operationType === "mutation";
  if (isReadAfterCreate) record.upstreamReadCtxId = ctxId;
  else record.upstreamCtxId = ctxId;
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
