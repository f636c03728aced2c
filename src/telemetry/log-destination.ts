import process from "node:process";
import { limits } from "../limits.ts";
import { waitAtMost } from "../timing/wait-at-most.ts";

const { logBytes: maxBufferedBytes } = limits.memory;

export interface LogDestination {
  write(line: string): void;
  /** How many lines have been dropped since the start. */
  readonly droppedLines: number;
  /** Called when lines can be written again, with the number of those that were dropped meanwhile. */
  onRecovery: (droppedLines: number) => void;
  /** Resolves once everything is written, at the latest at `deadlineMs` on the clock of `performance.now()`. */
  flush(deadlineMs: number): Promise<void>;
}

/**
 * Standard output. Node.js writes to a pipe without blocking, so a slow reader does not stop the event loop. pino's own
 * destination writes in the thread pool, where a write that blocks keeps the process from exiting.
 */
export function createLogDestination(): LogDestination {
  const output = process.stdout;
  let droppedLines = 0;
  let reportedLines = 0;
  // stdout closed (EPIPE): keep serving.
  output.on("error", () => undefined);
  const destination: LogDestination = {
    write(line) {
      if (output.writableLength <= maxBufferedBytes) output.write(line);
      else droppedLines += 1;
    },
    get droppedLines() {
      return droppedLines;
    },
    onRecovery: () => undefined,
    async flush(deadlineMs) {
      const written = new Promise<void>((resolve) => output.write("", () => resolve()));
      await waitAtMost(written, deadlineMs - performance.now());
    },
  };
  output.on("drain", () => {
    if (droppedLines > reportedLines) destination.onRecovery(droppedLines - reportedLines);
    reportedLines = droppedLines;
  });
  return destination;
}
