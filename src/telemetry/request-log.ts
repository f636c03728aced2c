import { findWorstCode, isServiceFault } from "../failures/service-faults.ts";
import type { Logger } from "./logger.ts";
import type { RequestRecord } from "./request-record.ts";
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
  const level = summary.isAborted ? "info" : chooseLevel(record.errorCodes);
  if (!logger.isLevelEnabled(level)) return;
  logger[level](
    {
      "http.request.id": record.requestId,
      "http.request.method": summary.method,
      "http.request.aborted": summary.isAborted || undefined,
      "http.response.status_code": summary.status,
      "url.path": summary.path,
      "event.duration": toNanoseconds(summary.durationMs),
      "event.outcome": describeOutcome(record, summary),
      "event.reason": record.tokenProblem,
      "error.code": findWorstCode(record.errorCodes),
      "graphql.error.codes": record.errorCodes,
      "graphql.operation.name": record.operationName,
      "graphql.operation.type": record.operationType,
      "graphql.root_field": record.rootField,
      "graphql.client.name": summary.clientName,
      "graphql.client.version": summary.clientVersion,
      "upstream.status_code": record.upstreamStatus,
      "upstream.duration":
        record.upstreamDurationMs === undefined ? undefined : toNanoseconds(record.upstreamDurationMs),
      "upstream.ctx_id": record.upstreamCtxId,
      "upstream.read_ctx_id": record.upstreamReadCtxId,
      "upstream.error.code": record.upstreamErrorCode,
      "upstream.shed": record.upstreamShed,
      "idempotency.result": record.idempotencyResults,
      "trace.id": readTraceId(record.traceContext),
    },
    "graphql request",
  );
}

function describeOutcome({ errorCodes }: RequestRecord, { isAborted }: RequestSummary): string {
  if (isAborted) return "unknown";
  return errorCodes === undefined ? "success" : "failure";
}

function chooseLevel(errorCodes: readonly string[] | undefined): "info" | "warn" | "error" {
  const code = findWorstCode(errorCodes);
  if (code === undefined || !isServiceFault(code)) return "info";
  return code === "INTERNAL_SERVER_ERROR" ? "error" : "warn";
}

function toNanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}
