/** How late the event loop may run before the calls that waited for it are refused. */
export const maxDelayMs = 100;
/** How much lateness in a row makes the pressure a lasting one. */
export const lastingDelayMs = 2000;
const tickMs = 50;
// One long pause (a garbage collection, a container that was frozen) says less than several in a row.
const longestCountedDelayMs = 500;

/** Tells whether more work comes in than the one thread can do. */
export interface EventLoopGauge {
  /** True while calls wait longer than {@link maxDelayMs} for the event loop, and have done so for a while. */
  isOverloaded(): boolean;
  stop(): void;
}

/**
 * Measures how late a timer runs. A burst makes some ticks late, and then one is in time again; only when none is,
 * until {@link lastingDelayMs} have added up, is the queue one that does not drain (the idea of CoDel, RFC 8289).
 * Then each turn of the event loop works for {@link maxDelayMs}, and what is left in the turn is refused: the service
 * goes on at its capacity, and callers are refused soon. Utilization alone says nothing: a busy loop may be on time.
 * @param now a clock in milliseconds that never goes back.
 */
export function createEventLoopGauge(now: () => number): EventLoopGauge {
  let tickedAt = now();
  let delayInARowMs = 0;

  const timer = setInterval(() => {
    const delayMs = now() - tickedAt - tickMs;
    tickedAt += tickMs + delayMs;
    delayInARowMs = delayMs <= maxDelayMs ? 0 : delayInARowMs + Math.min(delayMs, longestCountedDelayMs);
  }, tickMs);
  timer.unref();

  return {
    isOverloaded: () => delayInARowMs >= lastingDelayMs && now() - tickedAt - tickMs > maxDelayMs,
    stop: () => clearInterval(timer),
  };
}
