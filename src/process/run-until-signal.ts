import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { ConfigError } from "../config.ts";
import { serializeError } from "../telemetry/serialize-error.ts";
import type { ServiceProcess } from "./service-process.ts";

/** Time for the log when the process ends immediately. */
const lastLinesMs = 500;

/**
 * Starts the service, and lets the process end with it. The first SIGTERM, SIGHUP, or SIGINT stops it, with exit code 0; a
 * second one ends the process immediately. An uncaught error is logged and stops the service too, with exit code 1. If the
 * service cannot start, the reason is one message on standard error, and the exit code is 1.
 */
export async function runUntilSignal(create: () => Promise<ServiceProcess>): Promise<void> {
  let created: ServiceProcess | undefined;
  let stage: "starting" | "running" | "stopping" = "starting";
  let exitCode = 0;

  async function exit(deadlineMs = performance.now() + lastLinesMs): Promise<never> {
    await created?.log.flush(deadlineMs);
    process.exit(exitCode);
  }

  function refuse(error: unknown): Promise<never> {
    exitCode = 1;
    process.stderr.write(`${describeStartFailure(error)}\n`);
    return exit();
  }

  function logUncaught({ logger }: ServiceProcess, error: unknown): void {
    exitCode = 1;
    logger.fatal(serializeError(error), "uncaught error");
  }

  async function stopAndExit(serviceProcess: ServiceProcess, delayMs: number): Promise<never> {
    stage = "stopping";
    let deadlineMs: number | undefined;
    try {
      deadlineMs = await stop(serviceProcess, delayMs);
    } catch (error) {
      logUncaught(serviceProcess, error);
    }
    return exit(deadlineMs);
  }

  async function onSignal(signal: NodeJS.Signals): Promise<void> {
    if (created === undefined || stage === "starting") return exit();
    if (stage === "stopping") {
      exitCode = 1;
      abandon(created);
      return exit();
    }
    created.logger.info({ "process.signal": signal }, "stopping");
    await stopAndExit(created, signal === "SIGINT" ? 0 : created.shutdownDelayMs);
  }

  async function onUncaught(error: unknown): Promise<void> {
    if (created === undefined || stage === "starting") return refuse(error);
    logUncaught(created, error);
    if (stage !== "stopping") await stopAndExit(created, 0);
  }

  // A first process in a container does not receive signals that it does not listen to.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, onSignal);
  // An unhandled rejection arrives here too.
  process.on("uncaughtException", onUncaught);
  // stderr closed (EPIPE): keep serving.
  process.stderr.on("error", () => undefined);

  try {
    created = await create();
    const url = await created.service.start();
    stage = "running";
    created.logger.info({ "service.address": url, ...created.startFields }, "listening");
    created.onStarted?.(url);
  } catch (error) {
    await refuse(error);
  }
}

/**
 * @param delayMs time for load balancers to notice that readiness is gone; a person at a terminal needs none.
 * @returns when the process should have ended.
 */
async function stop({ service, logger }: ServiceProcess, delayMs: number): Promise<number> {
  service.drain();
  await delay(delayMs);
  const deadlineMs = await service.stop();
  logger.info({ "requests.ended": service.endedRequestCount }, "stopped");
  return deadlineMs;
}

function abandon({ service, logger }: ServiceProcess): void {
  const abandoned = service.abandonRequests();
  logger.warn({ "requests.ended": service.endedRequestCount, "requests.abandoned": abandoned }, "stopped immediately");
}

/** Why the service cannot start, for standard error. */
function describeStartFailure(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  if (code === "EADDRINUSE") return `The service cannot start: port ${port} is already in use.`;
  if (code === "EACCES") return `The service cannot start: it is not allowed to listen on port ${port}.`;
  return `The service cannot start: ${message}`;
}
