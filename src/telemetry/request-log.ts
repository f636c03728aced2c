import { findWorstCode, isServiceFault } from "../failures/service-faults.ts";
import type { RequestRecord } from "../request/request-record.ts";
import type { Logger } from "./logger.ts";
import { readTraceId } from "./tracing.ts";

/** How a request began and ended on the wire. */
export interface RequestSummary {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  /** Whether the caller disconnected before the response was complete. */
  readonly isAborted: boolean;
  /** From the headers in which Apollo's clients introduce themselves, truncated. */
  readonly clientName?: string | undefined;
  readonly clientVersion?: string | undefined;
}

/**
 * Writes the one line of a request to `/graphql`: `info` if it succeeded, was the caller's mistake, or was aborted by the
 * caller; `warn` if this service or ContactSwing failed; `error` for a bug. docs/observability.md explains the fields.
 */
export function logRequest(logger: Logger, record: RequestRecord, summary: RequestSummary): void {
  const { isAborted } = summary;
  const level = isAborted ? "info" : chooseLevel(record);
  if (!logger.isLevelEnabled(level)) return;
  const { errorCodes, failure, upstreamSuccess } = record;
  // Of a failed request only what has failed.
  const upstream = failure === undefined ? upstreamSuccess : failure.upstream;
  logger[level](
    {
      "http.request.id": record.requestId,
      "http.request.method": summary.method,
      "http.request.aborted": isAborted || undefined,
      "http.request.cut_off": record.cutOff,
      "http.response.status_code": summary.status,
      "url.path": summary.path,
      "event.duration": toNanoseconds(summary.durationMs),
      "event.outcome": describeOutcome(record, isAborted),
      "event.reason": record.tokenProblem,
      "error.code": findWorstCode(errorCodes),
      "failure.kind": failure?.kind,
      "failure.outcome": failure?.outcome,
      "failure.retryable": failure?.retryable,
      "failure.fields": failure?.fields,
      "failure.reason": failure?.reason,
      "graphql.error.codes": errorCodes,
      "graphql.operation.name": record.operationName,
      "graphql.operation.type": record.operationType,
      "graphql.root_field": record.rootField,
      "graphql.client.name": summary.clientName,
      "graphql.client.version": summary.clientVersion,
      "upstream.requests": record.upstreamRequests,
      "upstream.duration": toNanoseconds(record.upstreamLongestMs),
      "upstream.duration_sum": toNanoseconds(record.upstreamSumMs),
      "upstream.status_code": upstream?.status,
      "upstream.ctx_id": upstream?.ctxId ?? undefined,
      "upstream.write_ctx_id": findOtherWrite(record),
      "upstream.error.code": failure?.networkErrorCode,
      "idempotency.result": record.idempotencyResults,
      "trace.id": readTraceId(record.traceContext),
    },
    "graphql request",
  );
}

/** ContactSwing's ID of a write that succeeded before something else failed. */
function findOtherWrite({ failure, upstreamSuccess }: RequestRecord): string | undefined {
  if (failure === undefined || upstreamSuccess === undefined || upstreamSuccess.effect === "read") return undefined;
  return upstreamSuccess.ctxId ?? undefined;
}

function describeOutcome({ errorCodes, cutOff }: RequestRecord, isAborted: boolean): string {
  if (isAborted || cutOff !== undefined) return "unknown";
  return errorCodes === undefined ? "success" : "failure";
}

function chooseLevel({ errorCodes, cutOff }: RequestRecord): "info" | "warn" | "error" {
  const code = findWorstCode(errorCodes);
  if (code === "INTERNAL_SERVER_ERROR") return "error";
  return (code !== undefined && isServiceFault(code)) || cutOff !== undefined ? "warn" : "info";
}

function toNanoseconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds * 1e6);
}
