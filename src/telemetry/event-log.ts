import { describeError } from "./describe-error.ts";
import type { Logger } from "./logger.ts";

/** Writes down a bug that made a request fail, by its description alone. */
export function logBug(logger: Logger, error: unknown, requestId: string): void {
  const { type, origin } = describeError(error);
  logger.error({ "http.request.id": requestId, "error.type": type, "error.origin": origin }, "internal error");
}

/** Writes down an error that nobody caught, for which the process ends. */
export function logFault(logger: Logger, error: unknown): void {
  const { type, origin } = describeError(error);
  logger.fatal({ "error.type": type, "error.origin": origin }, "uncaught error");
}

/** Writes that the store of idempotency keys was lost or is back. @param errorCode of the loss, without any address. */
export function logStoreChange(logger: Logger, isAvailable: boolean, errorCode: string | undefined): void {
  if (isAvailable) logger.info("the idempotency store is back");
  else logger.warn({ "error.code": errorCode }, "the idempotency store is lost: creates with a key are refused");
}

/** Says that the keys for verifying tokens cannot be had, or, without a problem, that they can be had again. */
export function logKeys(logger: Logger, problem: string | undefined): void {
  if (problem === undefined) logger.info("token verification keys loaded again");
  else logger.warn({ "event.reason": problem }, "token verification keys cannot be loaded");
}
