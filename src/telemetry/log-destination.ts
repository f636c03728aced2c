import { pino } from "pino";

/** What may wait for a slow reader. Further lines are dropped, so that the log cannot exhaust the memory. */
const maxBufferedBytes = 4 * 1024 * 1024;
const maxFlushMs = 1000;

export interface LogDestination {
  write(line: string): void;
  /** Resolves once everything is written, or the time for that is over. */
  flush(): Promise<void>;
  /** Blocks until everything is written, or the time for that is over. */
  flushSync(): void;
}

/** Standard output, written asynchronously so that a slow reader does not block the event loop. */
export function createLogDestination(): LogDestination {
  let flushDeadline = Number.POSITIVE_INFINITY;
  const destination = pino.destination({
    fd: 1,
    sync: false,
    maxLength: maxBufferedBytes,
    // The pipe is full: try again, but not for ever once the process is about to end.
    retryEAGAIN: () => performance.now() < flushDeadline,
  });
  // The reader is gone: no reason to stop serving callers.
  destination.on("error", () => undefined);

  return {
    write: (line) => void destination.write(line),
    async flush() {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, maxFlushMs);
      destination.flush(() => resolve());
      await promise;
      clearTimeout(timer);
    },
    flushSync() {
      flushDeadline = performance.now() + maxFlushMs;
      try {
        destination.flushSync();
      } catch {
        // Nobody reads: there is nobody to tell.
      }
    },
  };
}
