import { limits } from "../limits.ts";

const { delayMs: maxDelayMs, lastingDelayMs } = limits.eventLoop;
const tickMs = 50;
// Rejecting takes time as well: at least this share of a turn goes to the requests that are handled.
const handledShare = 0.8;
// A single long pause, such as a garbage collection or a frozen container, is no overload.
const maxCountedDelayMs = 500;

/** Tells whether more work arrives than the event loop can do. */
export interface EventLoopGauge {
  /** True once this tick exceeds its budget under sustained lag. */
  isOverloaded(): boolean;
  stop(): void;
}

/**
 * Measures how late a timer runs. A burst makes some ticks late until one is on time again; only if none is, until
 * `lastingDelayMs` have added up, is there a queue that does not drain (the idea of CoDel, RFC 8289). Then each turn of the
 * event loop handles requests for `delayMs`, or for most of the time of the turn before, and rejects the rest, so that the
 * service continues at its capacity. @fastify/under-pressure rejects everything until its next sample, which halves the
 * throughput under overload (docs/performance.md).
 * @param now a monotonic clock in milliseconds.
 * @param onDelay called at every tick with its lateness in milliseconds.
 */
export function createEventLoopGauge(now: () => number, onDelay: (delayMs: number) => void): EventLoopGauge {
  let tickedAt = now();
  let uninterruptedDelayMs = 0;
  let allowedDelayMs: number = maxDelayMs;

  const timer = setInterval(() => {
    const delayMs = now() - tickedAt - tickMs;
    tickedAt += tickMs + delayMs;
    uninterruptedDelayMs = delayMs <= maxDelayMs ? 0 : uninterruptedDelayMs + Math.min(delayMs, maxCountedDelayMs);
    allowedDelayMs = Math.max(maxDelayMs, delayMs * handledShare);
    onDelay(Math.max(0, delayMs));
  }, tickMs);
  timer.unref();

  return {
    isOverloaded: () => uninterruptedDelayMs >= lastingDelayMs && now() - tickedAt - tickMs > allowedDelayMs,
    stop: () => clearInterval(timer),
  };
}
