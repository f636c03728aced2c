import { pino } from "pino";

/** What may wait for a slow reader. Lines beyond it are dropped, so that the log cannot exhaust the memory. */
const maxBufferedBytes = 4 * 1024 * 1024;
const maxFlushMs = 1000;

/** Standard output, written asynchronously so that a slow reader does not block the event loop. */
export function createLogDestination() {
  const destination = pino.destination({ fd: 1, sync: false, maxLength: maxBufferedBytes });
  // The reader is gone: no reason to stop serving callers.
  destination.on("error", () => undefined);
  return {
    destination,
    /** Resolves once everything is written, or the time for that is over. */
    async flush(): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, maxFlushMs);
      destination.flush(() => resolve());
      await promise;
      clearTimeout(timer);
    },
  };
}
