import type { Runnable } from "./run.ts";
import { logFault } from "./telemetry/event-log.ts";

/** How far the process is: what a signal or a fault does depends on it. */
type Stage =
  | { readonly name: "starting" }
  | { readonly name: "running"; readonly runnable: Runnable }
  | { readonly name: "stopping"; readonly runnable: Runnable };

export interface ProcessWatch {
  /** From here on calls may be under way, and the process ends by draining. */
  begin(runnable: Runnable): void;
}

/**
 * Ends the process as it should end. While it starts, nothing is under way: a signal ends it at once with 0, an error
 * that nobody caught is a reason not to start. Later the first SIGTERM or SIGINT drains it and it exits with 0, a
 * second one ends it with 1. After an uncaught error nothing is sure any more: it is logged without its message, calls
 * under way may finish, and the process exits with 1.
 */
export function watchProcess(process: NodeJS.Process, refuse: (error: unknown) => void): ProcessWatch {
  let stage: Stage = { name: "starting" };
  let exitCode = 0;

  async function stop(runnable: Runnable, delayMs: number): Promise<void> {
    stage = { name: "stopping", runnable };
    const { service, logger, onStopped } = runnable;
    try {
      service.drain();
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      await service.stop();
      await onStopped?.();
    } catch (error) {
      logFault(logger, error);
      exitCode = 1;
    }
    process.exit(exitCode);
  }

  function onSignal(signal: NodeJS.Signals): void {
    if (stage.name === "starting") process.exit(0);
    if (stage.name === "stopping") process.exit(1);
    const { runnable } = stage;
    runnable.logger.info({ "process.signal": signal }, "stopping");
    // Load balancers need a moment to see that readiness is gone; a person at a terminal does not.
    void stop(runnable, signal === "SIGTERM" ? runnable.shutdownDelayMs : 0);
  }

  // A rejection that nobody handles arrives here too: that is node's default.
  function onUncaught(error: unknown): void {
    exitCode = 1;
    if (stage.name === "starting") refuse(error);
    else logFault(stage.runnable.logger, error);
    if (stage.name === "running") void stop(stage.runnable, 0);
  }

  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, onSignal);
  process.on("uncaughtException", onUncaught);
  // Whoever read the output is gone: no reason to give up on callers, and nothing that could still be written.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

  return {
    begin(runnable) {
      stage = { name: "running", runnable };
    },
  };
}
