import { chooseWorstCode, isServiceFault } from "../failures/service-faults.ts";
import type { Logger } from "./logger.ts";
import type { OperationRecord } from "./operation-record.ts";

/** How a request ended on the wire. */
export interface RequestEnd {
  readonly status: number;
  readonly durationMs: number;
  /** Whether the caller had gone before the answer was complete. */
  readonly isAborted: boolean;
}

/**
 * Writes the one line of a GraphQL request: `info` when it went well or the caller was wrong, `warn` when this
 * service or ContactSwing failed, `error` for a bug.
 */
export function logOperation(logger: Logger, record: OperationRecord, { status, durationMs, isAborted }: RequestEnd) {
  const level = chooseLevel(record);
  if (!logger.isLevelEnabled(level)) return;
  logger[level](
    {
      "http.request.id": record.requestId,
      "http.request.aborted": isAborted || undefined,
      "http.response.status_code": status,
      "event.duration": toNanoseconds(durationMs),
      "event.outcome": record.errorCodes === undefined ? "success" : "failure",
      "graphql.operation.name": record.operationName,
      "graphql.operation.type": record.operationType,
      "error.code": record.errorCodes,
      "event.reason": record.tokenProblem,
      "upstream.status_code": record.upstreamStatus,
      "upstream.duration":
        record.upstreamDurationMs === undefined ? undefined : toNanoseconds(record.upstreamDurationMs),
      "upstream.ctx_id": record.upstreamCtxId,
      "idempotency.result": record.idempotencyResults,
      "trace.id": traceIdOf(record),
    },
    "graphql request",
  );
}

function chooseLevel({ errorCodes }: OperationRecord): "info" | "warn" | "error" {
  const code = chooseWorstCode(errorCodes);
  if (code === undefined || !isServiceFault(code)) return "info";
  return code === "INTERNAL_SERVER_ERROR" ? "error" : "warn";
}

function toNanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6);
}

/** The trace's id, also when it is only the caller's: W3C Trace Context, section 3.2.2. */
function traceIdOf({ span, traceparent }: OperationRecord): string | undefined {
  return span.traceId ?? traceparent?.split("-")[1];
}
