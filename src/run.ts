import { ConfigError } from "./config.ts";
import { watchProcess } from "./process-lifecycle.ts";
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
  // A first process in a container does not get signals that it does not listen to.
  const watch = watchProcess(process, (error) => refuse(process, error));
  try {
    const runnable = await prepare();
    const url = await runnable.service.start();
    watch.begin(runnable);
    runnable.logger.info({ "service.address": url }, "listening");
    runnable.onStarted?.(url);
  } catch (error) {
    refuse(process, error);
  }
}

function refuse(process: NodeJS.Process, error: unknown): never {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return "The service cannot start: its port is in use. Set PORT to another one.";
  if (code === "EACCES") return "The service cannot start: it may not listen on its port. Set PORT to one above 1023.";
  return `The service cannot start: ${message}`;
}
