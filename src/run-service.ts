import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
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
  readonly log: LogDestination;
}

/** Time for the log when the process ends immediately. */
const lastLinesMs = 500;

/**
 * Runs the service as a process. The first SIGTERM, SIGHUP, or SIGINT stops it, with exit code 0; a second one ends the process
 * immediately. An uncaught error is logged and stops the service too, with exit code 1. If the service cannot start, the
 * reason is one message on standard error, and the exit code is 1.
 */
export async function runService(prepare: () => Promise<Runnable>): Promise<void> {
  let prepared: Runnable | undefined;
  let stage: "starting" | "running" | "stopping" = "starting";
  let exitCode = 0;

  async function exit(deadlineMs = performance.now() + lastLinesMs): Promise<never> {
    await prepared?.log.flush(deadlineMs);
    process.exit(exitCode);
  }

  function refuse(error: unknown): Promise<never> {
    exitCode = 1;
    process.stderr.write(`${explain(error)}\n`);
    return exit();
  }

  function logUncaught({ logger }: Runnable, error: unknown): void {
    exitCode = 1;
    logger.fatal(serializeError(error), "uncaught error");
  }

  async function stopAndExit(runnable: Runnable, delayMs: number): Promise<never> {
    stage = "stopping";
    let deadlineMs: number | undefined;
    try {
      deadlineMs = await stop(runnable, delayMs);
    } catch (error) {
      logUncaught(runnable, error);
    }
    return exit(deadlineMs);
  }

  async function onSignal(signal: NodeJS.Signals): Promise<void> {
    if (prepared === undefined || stage === "starting") return exit();
    if (stage === "stopping") {
      exitCode = 1;
      abandon(prepared);
      return exit();
    }
    prepared.logger.info({ "process.signal": signal }, "stopping");
    await stopAndExit(prepared, signal === "SIGINT" ? 0 : prepared.shutdownDelayMs);
  }

  async function onUncaught(error: unknown): Promise<void> {
    if (prepared === undefined || stage === "starting") return refuse(error);
    logUncaught(prepared, error);
    if (stage !== "stopping") await stopAndExit(prepared, 0);
  }

  // A first process in a container does not receive signals that it does not listen to.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, onSignal);
  // An unhandled rejection arrives here too.
  process.on("uncaughtException", onUncaught);
  // Its reader is gone: no reason to abandon callers, and nothing can be written anyway.
  process.stderr.on("error", () => undefined);

  try {
    prepared = await prepare();
    const url = await prepared.service.start();
    stage = "running";
    prepared.logger.info({ "service.address": url, ...prepared.startFields }, "listening");
    prepared.onStarted?.(url);
  } catch (error) {
    await refuse(error);
  }
}

/**
 * @param delayMs time for load balancers to notice that readiness is gone; a person at a terminal needs none.
 * @returns when the process should have ended.
 */
async function stop({ service, logger }: Runnable, delayMs: number): Promise<number> {
  service.drain();
  await delay(delayMs);
  const deadlineMs = await service.stop();
  logger.info({ "requests.ended": service.endedRequestCount }, "stopped");
  return deadlineMs;
}

function abandon({ service, logger }: Runnable): void {
  const abandoned = service.abandonRequests();
  logger.warn({ "requests.ended": service.endedRequestCount, "requests.abandoned": abandoned }, "stopped immediately");
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  if (code === "EADDRINUSE") return `The service cannot start: port ${port} is already in use.`;
  if (code === "EACCES") return `The service cannot start: it is not allowed to listen on port ${port}.`;
  return `The service cannot start: ${message}`;
}
