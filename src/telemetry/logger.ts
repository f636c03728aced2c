import { type DestinationStream, type Logger, pino } from "pino";
import type { LogLevel } from "../config.ts";
import type { OperationRecord } from "./operation-record.ts";

export type { Logger } from "pino";

/** JSON lines with the field names of the Elastic Common Schema. */
export function createLogger(level: LogLevel, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { "service.name": "contactswing-bff" },
      messageKey: "message",
      timestamp: () => `,"@timestamp":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ "log.level": label }) },
    },
    destination,
  );
}

/** Writes the one line of a GraphQL request. */
export function logOperation(logger: Logger, record: OperationRecord, status: number, durationMs: number): void {
  if (!logger.isLevelEnabled("info")) return;
  logger.info(
    {
      "http.request.id": record.requestId,
      "http.response.status_code": status,
      "event.duration": Math.round(durationMs * 1e6),
      "graphql.operation.name": record.operationName,
      "graphql.operation.type": record.operationType,
      "error.code": record.errorCodes,
      "upstream.status_code": record.upstreamStatus,
      "upstream.duration":
        record.upstreamDurationMs === undefined ? undefined : Math.round(record.upstreamDurationMs * 1e6),
      "upstream.ctx_id": record.upstreamCtxId,
    },
    "graphql request",
  );
}

const ownFilePattern = /[\\/](?:src|dist)[\\/](.+?:\d+)/;

/**
 * Writes down a bug. An error's message may quote the caller's input and its stack may show more, so neither is
 * written: only the error's name and the place in our own code that it came from.
 */
export function logBug(logger: Logger, error: unknown, requestId: string): void {
  const isError = error instanceof Error;
  const origin = isError
    ? (error.stack ?? "")
        .split("\n")
        .slice(1)
        .map((line) => ownFilePattern.exec(line)?.[1])
        .find(Boolean)
    : undefined;
  logger.error(
    { "http.request.id": requestId, "error.type": isError ? error.name : typeof error, "error.origin": origin },
    "internal error",
  );
}
