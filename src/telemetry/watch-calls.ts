import type { CallOperation, CallReport, CallWatcher } from "../contactswing/call-watcher.ts";
import type { Caller } from "../contactswing/client.ts";
import { actionsPath } from "../contactswing/rest-api.ts";
import type { OperationRecord } from "./operation-record.ts";
import { noSpan, type Span, type SpanAttributes } from "./tracer.ts";
import type { UpstreamMetrics } from "./upstream-metrics.ts";

export interface WatchedService {
  /** ContactSwing's base URL. */
  readonly baseUrl: string;
  readonly metrics: UpstreamMetrics;
  /** The record of the request that a caller belongs to. */
  readonly findRecord: (caller: Caller) => OperationRecord | undefined;
}

/** Turns calls to ContactSwing into metrics, spans and facts for the log line of the request that they belong to. */
export function watchCalls({ baseUrl, metrics, findRecord }: WatchedService): CallWatcher {
  const descriptions = { create: describeCall(baseUrl, "create"), read: describeCall(baseUrl, "read") };
  return {
    start(operation, caller) {
      const record = findRecord(caller);
      const { name, attributes } = descriptions[operation];
      const span = (record?.span ?? noSpan).startChild(name, "client", attributes);
      metrics.start();
      return {
        traceparent: span.traceparent,
        end(report) {
          metrics.end(report);
          if (record !== undefined) recordCall(record, report);
          endSpan(span, report);
        },
      };
    },
    holdBack: (reason) => metrics.holdBack(reason),
  };
}

/**
 * Name and attributes of a client span, as OpenTelemetry's conventions for HTTP have them. The id of a read is the
 * caller's input: the URL is written without it.
 */
function describeCall(baseUrl: string, operation: CallOperation): { name: string; attributes: SpanAttributes } {
  const { hostname, port, protocol, pathname } = new URL(baseUrl);
  const method = operation === "create" ? "POST" : "GET";
  const path = operation === "create" ? actionsPath : `${actionsPath}/{action_id}`;
  const template = pathname.replace(/\/$/, "") + path;
  return {
    name: `${method} ${template}`,
    attributes: {
      "http.request.method": method,
      "server.address": hostname,
      "server.port": port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
      "url.template": template,
      "url.full": baseUrl + path.replace("{action_id}", "REDACTED"),
    },
  };
}

function endSpan(span: Span, { status, ctxId, failure }: CallReport): void {
  const isErrorStatus = status !== undefined && status >= 400;
  span.setAttributes({
    "http.response.status_code": status,
    "error.type": isErrorStatus ? String(status) : failure?.kind,
    "contactswing.ctx_id": ctxId ?? undefined,
  });
  // A client span with a 4xx is an error by the conventions, whoever is to blame.
  if (isErrorStatus || failure !== undefined) span.fail();
  span.end();
}

function recordCall(record: OperationRecord, { status, ctxId, durationMs }: CallReport): void {
  record.upstreamDurationMs = (record.upstreamDurationMs ?? 0) + durationMs;
  if (status !== undefined) record.upstreamStatus = status;
  if (ctxId !== null) record.upstreamCtxId = ctxId;
}
