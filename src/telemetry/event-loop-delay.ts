const tickMs = 50;

/**
 * Measures every 50 ms how much later than it should the event loop comes to a timer: what a request that arrived
 * meanwhile waited. Node.js' own histogram counts either only part of a turn or loses what follows a reset.
 * @param onDelay is told milliseconds.
 * @returns what ends the measuring; it does not keep the process alive.
 */
export function watchEventLoopDelay(onDelay: (delayMs: number) => void): () => void {
  let expectedAt = performance.now() + tickMs;
  const timer = setInterval(() => {
    const now = performance.now();
    onDelay(Math.max(0, now - expectedAt));
    expectedAt = now + tickMs;
  }, tickMs);
  timer.unref();
  return () => clearInterval(timer);
}
