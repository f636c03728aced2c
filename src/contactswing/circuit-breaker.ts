const windowMs = 10_000;
const minimumCalls = 20;
const failureShare = 0.5;
const firstPauseMs = 1000;
const longestPauseMs = 30_000;
const bucketMs = 100;

export type BreakerState = "closed" | "open" | "half-open";

/** Leave to send one call, whose end must be reported exactly once. */
export interface Permit {
  report(isFailure: boolean): void;
}

export interface CircuitBreaker {
  /** Leave to send a call, or the whole seconds after which one may be tried. */
  admit(): Permit | { readonly retryAfterSeconds: number };
  readonly state: BreakerState;
}

interface Bucket {
  readonly startedAt: number;
  calls: number;
  failures: number;
}

/**
 * Holds calls back while ContactSwing is down: when of at least 20 calls in 10 s half or more failed, nothing goes
 * out for 1 s; then one probe at a time decides, and each failed one doubles the pause, up to 30 s.
 * @param now a clock in milliseconds that never goes back.
 */
export function createCircuitBreaker(now: () => number): CircuitBreaker {
  let buckets: Bucket[] = [];
  let pauseMs = 0;
  let openUntil = 0;
  let isProbing = false;

  const isOpen = () => pauseMs > 0;

  function open(): void {
    pauseMs = Math.min(Math.max(firstPauseMs, pauseMs * 2), longestPauseMs);
    openUntil = now() + pauseMs;
    buckets = [];
  }

  function count(isFailure: boolean): void {
    const time = now();
    const last = buckets.at(-1);
    const bucket = last && time < last.startedAt + bucketMs ? last : { startedAt: time, calls: 0, failures: 0 };
    if (bucket !== last) {
      buckets = buckets.filter(({ startedAt }) => startedAt > time - windowMs);
      buckets.push(bucket);
    }
    bucket.calls += 1;
    if (isFailure) bucket.failures += 1;
    let calls = 0;
    let failures = 0;
    for (const past of buckets) {
      calls += past.calls;
      failures += past.failures;
    }
    if (calls >= minimumCalls && failures >= calls * failureShare) open();
  }

  // A call that was under way when the breaker opened says nothing new.
  const ordinary: Permit = { report: (isFailure) => (isOpen() ? undefined : count(isFailure)) };
  const probe: Permit = {
    report(isFailure) {
      isProbing = false;
      if (isFailure) open();
      else pauseMs = 0;
    },
  };

  return {
    admit() {
      if (!isOpen()) return ordinary;
      const waitMs = openUntil - now();
      if (waitMs > 0) return { retryAfterSeconds: Math.ceil(waitMs / 1000) };
      if (isProbing) return { retryAfterSeconds: 1 };
      isProbing = true;
      return probe;
    },
    get state() {
      return isOpen() ? (isProbing ? "half-open" : "open") : "closed";
    },
  };
}
