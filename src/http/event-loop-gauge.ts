/** How late the event loop may run before the calls that waited for it are refused. */
export const maxDelayMs = 100;
/** How much lateness in a row makes the pressure a lasting one. */
export const lastingDelayMs = 2000;
const tickMs = 50;
// Refusing costs time as well: of a turn, at least this much goes to the calls that are answered.
const answeredShare = 0.8;
// One long pause (a garbage collection, a container that was frozen) says less than several in a row.
const longestCountedDelayMs = 500;

/** Tells whether more work comes in than the one thread can do. */
export interface EventLoopGauge {
  /** True for a call that comes late in a turn of the event loop, when turns have been too long for a while. */
  isOverloaded(): boolean;
  stop(): void;
}

/**
 * Measures how late a timer runs. A burst makes some ticks late, and then one is in time again; only when none is,
 * until {@link lastingDelayMs} have added up, is the queue one that does not drain (the idea of CoDel, RFC 8289).
 * Then each turn of the event loop answers calls for {@link maxDelayMs}, or for most of the time of the turn before,
 * and refuses those that are left: the service goes on at its capacity, and the others hear of it soon. Utilization
 * alone says nothing (a busy loop may be on time), and a gauge that refuses everything until its next sample, as
 * @fastify/under-pressure does, would answer half of what it can.
 * @param now a clock in milliseconds that never goes back.
 */
export function createEventLoopGauge(now: () => number): EventLoopGauge {
  let tickedAt = now();
  let delayInARowMs = 0;
  let allowedDelayMs = maxDelayMs;

  const timer = setInterval(() => {
    const delayMs = now() - tickedAt - tickMs;
    tickedAt += tickMs + delayMs;
    delayInARowMs = delayMs <= maxDelayMs ? 0 : delayInARowMs + Math.min(delayMs, longestCountedDelayMs);
    allowedDelayMs = Math.max(maxDelayMs, delayMs * answeredShare);
  }, tickMs);
  timer.unref();

  return {
    isOverloaded: () => delayInARowMs >= lastingDelayMs && now() - tickedAt - tickMs > allowedDelayMs,
    stop: () => clearInterval(timer),
  };
}
