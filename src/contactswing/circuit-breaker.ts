const windowMs = 10_000;
const bucketMs = 100;
const minRequests = 20;
const failureShare = 0.5;
const firstPauseMs = 1000;
const maxPauseMs = 30_000;

export type BreakerState = "closed" | "open" | "half-open";

/** What a request found out about ContactSwing; `undetermined` if it was abandoned before it could tell. */
export type Availability = "available" | "unavailable" | "undetermined";

/** Permission to send one request, whose end must be reported exactly once. */
export interface Permit {
  report(availability: Availability): void;
}

export interface CircuitBreaker {
  /** Permission to send a request, or the whole seconds after which one may be tried. */
  admit(): Permit | { readonly retryAfterSeconds: number };
  readonly state: BreakerState;
}

interface Bucket {
  readonly startedAt: number;
  requests: number;
  failures: number;
}

/**
 * Stops requests while ContactSwing is unavailable: if half or more of at least 20 requests in 10 s failed, nothing is
 * sent for 1 s; then one probe at a time decides, and each failed one doubles the pause, up to 30 s.
 * @param now a monotonic clock in milliseconds.
 * @param onChange called when the breaker opens and when it closes again, not for failed probes.
 */
export function createCircuitBreaker(
  now: () => number,
  onChange: (state: "open" | "closed") => void = () => {},
): CircuitBreaker {
  let buckets: Bucket[] = [];
  let pauseMs = 0;
  let openUntil = 0;
  let isProbing = false;

  const isOpen = () => pauseMs > 0;

  function open(): void {
    const wasOpen = isOpen();
    pauseMs = Math.min(Math.max(firstPauseMs, pauseMs * 2), maxPauseMs);
    openUntil = now() + pauseMs;
    buckets = [];
    if (!wasOpen) onChange("open");
  }

  function close(): void {
    pauseMs = 0;
    onChange("closed");
  }

  function count(isFailure: boolean): void {
    const time = now();
    let bucket = buckets.at(-1);
    if (bucket === undefined || time >= bucket.startedAt + bucketMs) {
      bucket = { startedAt: time, requests: 0, failures: 0 };
      buckets = [...buckets.filter(({ startedAt }) => startedAt > time - windowMs), bucket];
    }
    bucket.requests += 1;
    if (isFailure) bucket.failures += 1;
    let requests = 0;
    let failures = 0;
    for (const past of buckets) {
      requests += past.requests;
      failures += past.failures;
    }
    if (requests >= minRequests && failures >= requests * failureShare) open();
  }

  const ordinaryPermit: Permit = {
    report(availability) {
      // A request that was in flight when the breaker opened says nothing new.
      if (!isOpen() && availability !== "undetermined") count(availability === "unavailable");
    },
  };
  const probePermit: Permit = {
    report(availability) {
      isProbing = false;
      if (availability === "unavailable") open();
      if (availability === "available") close();
    },
  };

  return {
    admit() {
      if (!isOpen()) return ordinaryPermit;
      const waitMs = openUntil - now();
      if (waitMs > 0) return { retryAfterSeconds: Math.ceil(waitMs / 1000) };
      if (isProbing) return { retryAfterSeconds: 1 };
      isProbing = true;
      return probePermit;
    },
    get state() {
      return isOpen() ? (isProbing ? "half-open" : "open") : "closed";
    },
  };
}
