import process from "node:process";
import { waitAtMost } from "../wait-at-most.ts";

/** What may wait for a slow reader. Further lines are dropped, so that the log cannot exhaust the memory. */
const maxBufferedBytes = 4 * 1024 * 1024;

export interface LogDestination {
  write(line: string): void;
  /** Resolves once everything is written, at the latest at `deadlineMs` on the clock of `performance.now()`. */
  flush(deadlineMs: number): Promise<void>;
}

/**
 * Standard output. Node.js writes to a pipe without blocking, so a slow reader does not stop the event loop. pino's own
 * destination writes in the thread pool, where a write that blocks keeps the process from exiting.
 */
export function createLogDestination(): LogDestination {
  const output = process.stdout;
  // The reader is gone: no reason to stop serving callers.
  output.on("error", () => undefined);
  return {
    write(line) {
      if (output.writableLength <= maxBufferedBytes) output.write(line);
    },
    async flush(deadlineMs) {
      const written = new Promise<void>((resolve) => output.write("", () => resolve()));
      await waitAtMost(written, deadlineMs - performance.now());
    },
  };
}
