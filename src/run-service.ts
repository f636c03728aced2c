import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import closeWithGrace from "close-with-grace";
import { ConfigError } from "./config.ts";
import type { Service } from "./service.ts";
import type { LogDestination } from "./telemetry/log-destination.ts";
import type { Logger } from "./telemetry/logger.ts";
import { serializeError } from "./telemetry/serialize-error.ts";

/** A service that is ready to be started, and what belongs to its process. */
export interface Runnable {
  readonly service: Service;
  readonly logger: Logger;
  readonly shutdownDelayMs: number;
  /** Logged once the service listens. */
  readonly startFields: Readonly<Record<string, unknown>>;
  readonly onStarted?: (url: string) => void;
  /** Called after the service has stopped. */
  readonly onStopped?: () => Promise<void>;
  readonly log: Pick<LogDestination, "flush">;
}

/** For the log, when the process ends at once. */
const lastLinesMs = 500;

/**
 * Runs the service as a process. The first SIGTERM or SIGINT stops it, with exit code 0; a second one ends the process at
 * once. An uncaught error is logged and stops the service too, with exit code 1. What prevents the start is one message
 * on standard error and exit code 1.
 */
export async function runService(prepare: () => Promise<Runnable>): Promise<void> {
  let prepared: Runnable | undefined;
  let isRunning = false;

  async function refuse(error: unknown): Promise<never> {
    process.stderr.write(`${explain(error)}\n`);
    await prepared?.log.flush(performance.now() + lastLinesMs);
    process.exit(1);
  }

  closeWithGrace(
    {
      // The service has its own time limits.
      delay: false,
      logger: false,
      skip: [
        "beforeExit",
        "SIGHUP",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGSEGV",
        "SIGUSR2",
      ],
    },
    async ({ signal, err }) => {
      if (prepared === undefined || !isRunning) {
        if (err !== undefined) await refuse(err);
        return;
      }
      handleFurtherEvents(prepared);
      if (err !== undefined) prepared.logger.fatal(serializeError(err), "uncaught error");
      else prepared.logger.info({ "process.signal": signal }, "stopping");
      await stop(prepared, signal === "SIGTERM" ? prepared.shutdownDelayMs : 0);
    },
  );
  // Its reader is gone: no reason to abandon callers, and nothing can be written anyway.
  process.stderr.on("error", () => undefined);

  try {
    prepared = await prepare();
    const url = await prepared.service.start();
    isRunning = true;
    prepared.logger.info({ "service.address": url, ...prepared.startFields }, "listening");
    prepared.onStarted?.(url);
  } catch (error) {
    await refuse(error);
  }
}

/** @param delayMs time for load balancers to notice that readiness is gone; a person at a terminal needs none. */
async function stop({ service, logger, onStopped, log }: Runnable, delayMs: number): Promise<void> {
  service.drain();
  await delay(delayMs);
  const deadlineMs = await service.stop();
  await onStopped?.();
  logger.info({ "requests.ended": service.endedRequestCount }, "stopped");
  await log.flush(deadlineMs);
}

/** While the service stops: a second signal ends the process at once, a further error is only logged. */
function handleFurtherEvents({ service, logger, log }: Runnable): void {
  // The listeners of close-with-grace exit before the log is written.
  for (const event of ["SIGTERM", "SIGINT", "uncaughtException", "unhandledRejection"])
    process.removeAllListeners(event);
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.on(event, (error) => logger.fatal(serializeError(error), "uncaught error"));
  }
  for (const signal of ["SIGTERM", "SIGINT"]) {
    process.once(signal, async () => {
      const abandoned = service.abandonRequests();
      logger.warn({ "requests.ended": service.endedRequestCount, "requests.abandoned": abandoned }, "stopped at once");
      await log.flush(performance.now() + lastLinesMs);
      process.exit(1);
    });
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  if (code === "EADDRINUSE") return `The service cannot start: port ${port} is already in use.`;
  if (code === "EACCES") return `The service cannot start: it is not allowed to listen on port ${port}.`;
  return `The service cannot start: ${message}`;
}
