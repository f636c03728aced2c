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
      "event.reason": record.tokenProblem,
      "upstream.status_code": record.upstreamStatus,
      "upstream.duration":
        record.upstreamDurationMs === undefined ? undefined : Math.round(record.upstreamDurationMs * 1e6),
      "upstream.ctx_id": record.upstreamCtxId,
      "idempotency.result": record.idempotencyResults,
    },
    "graphql request",
  );
}

/** Writes that the store of idempotency keys was lost or is back. @param errorCode of the loss, without any address. */
export function logStoreChange(logger: Logger, isAvailable: boolean, errorCode: string | undefined): void {
  if (isAvailable) logger.info("the idempotency store is back");
  else logger.warn({ "error.code": errorCode }, "the idempotency store is lost: creates with a key are refused");
}

const ownFilePattern = /^ {4}at .*[\\/](?:src|dist)[\\/]((?:[a-z0-9-]+\/)*[a-z0-9-]+\.[jt]s:\d+)/;

/**
 * What may be written down of a bug. An error's message may quote the caller's input and its stack may show more:
 * only the error's class is left, and the place in our own code that it came from. Never throws, whatever was thrown.
 */
function factsOf(error: unknown) {
  return {
    "error.type": describe(() => readClassName(error)) ?? typeof error,
    "error.origin": describe(() => readOrigin(error)),
  };
}

/** Writes down a bug that made a request fail. */
export function logBug(logger: Logger, error: unknown, requestId: string): void {
  logger.error({ "http.request.id": requestId, ...factsOf(error) }, "internal error");
}

/** Writes down an error that nobody caught, for which the process ends. */
export function logFault(logger: Logger, error: unknown): void {
  logger.fatal(factsOf(error), "uncaught error");
}

/** A getter or a proxy of what was thrown may throw itself. */
function describe(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The class as the code names it: an error's own `name` is data, and may be anything. */
function readClassName(error: unknown): string | undefined {
  const name: unknown = error instanceof Error ? Object.getPrototypeOf(error).constructor.name : undefined;
  return typeof name === "string" && /^[A-Z][A-Za-z]{0,63}$/.test(name) ? name : undefined;
}

function readOrigin(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { stack, message } = error;
  if (typeof stack !== "string" || typeof message !== "string") return undefined;
  // The stack begins with the message, which may look like lines of a stack.
  const frames = stack.slice(stack.indexOf(message) + message.length).split("\n");
  return frames
    .filter((frame) => !frame.includes("node_modules"))
    .map((frame) => ownFilePattern.exec(frame)?.[1])
    .find(Boolean);
}

/** Says that the keys for verifying tokens cannot be had, or, without a problem, that they can be had again. */
export function logKeys(logger: Logger, problem: string | undefined): void {
  if (problem === undefined) logger.info("token verification keys loaded again");
  else logger.warn({ "event.reason": problem }, "token verification keys cannot be loaded");
}
