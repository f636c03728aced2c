import { ConfigError } from "./config.ts";
import type { Service } from "./service.ts";
import type { Logger } from "./telemetry/logger.ts";

export interface Runnable {
  readonly service: Service;
  readonly logger: Logger;
  readonly shutdownDelayMs: number;
  /** Told once the service listens. */
  readonly onStarted?: (url: string) => void;
  /** Ended after the service. */
  readonly onStopped?: () => Promise<void>;
}

/**
 * Runs the service as a process: starts it, drains and stops it on SIGTERM, stops it without delay on SIGINT, ends
 * at once on a second signal. What keeps it from starting is one message on standard error and exit code 1.
 */
export async function run(process: NodeJS.Process, prepare: () => Promise<Runnable>): Promise<void> {
  try {
    const runnable = await prepare();
    const url = await runnable.service.start();
    stopOnSignals(process, runnable);
    runnable.logger.info({ "service.address": url }, "listening");
    runnable.onStarted?.(url);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return "The service cannot start: its port is in use. Set PORT to another one.";
  if (code === "EACCES") return "The service cannot start: it may not listen on its port. Set PORT to one above 1023.";
  return `The service cannot start: ${message}`;
}

function stopOnSignals(process: NodeJS.Process, { service, logger, shutdownDelayMs, onStopped }: Runnable): void {
  let isStopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info({ "process.signal": signal }, "stopping");
    service.drain();
    // Load balancers need a moment to see that readiness is gone; a person at a terminal does not.
    if (signal === "SIGTERM") await new Promise((resolve) => setTimeout(resolve, shutdownDelayMs));
    await service.stop();
    await onStopped?.();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal));
}
