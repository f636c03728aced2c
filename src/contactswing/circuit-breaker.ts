import { limits } from "../limits.ts";

const { windowMs, minRequests, failureShare, firstPauseMs, maxPauseMs } = limits.circuitBreaker;
const bucketMs = 100;
// Two callers are enough to open the breaker, so more need not be remembered.
const maxCallersPerBucket = 2;

export type BreakerState = "closed" | "open" | "half-open";

/**
 * What a request found out about ContactSwing. `available`: it responded. `unreachable`: there was no connection.
 * `unresponsive`: there was one, but no response in time, or only one of the platform in front of it. `undetermined`: the
 * request was abandoned before any of these.
 */
export type Finding = "available" | "unreachable" | "unresponsive" | "undetermined";

/** Permission to send one request, whose end must be reported exactly once. */
export interface Permit {
  report(finding: Finding): void;
}

export interface CircuitBreaker {
  /** Permission to send a request of a caller, or the whole seconds after which one may be tried. */
  admit(callerId: string): Permit | { readonly retryAfterSeconds: number };
  /** Counts a request that another breaker has admitted, and that found no connection. */
  countUnreachable(): void;
  readonly state: BreakerState;
}

interface Bucket {
  readonly startedAt: number;
  requests: number;
  unreachable: number;
  unresponsive: number;
  readonly unresponsiveTo: Set<string>;
}

/**
 * Stops requests while ContactSwing is unavailable: if half or more of at least 20 requests in 10 s failed, nothing is
 * sent for 1 s; then one probe at a time decides, and each failed one doubles the pause, up to 10 s. What happens after a
 * connection was established may be due to the caller's own requests, and counts only if at least two callers met it.
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
  /** The caller whose probe failed after a connection was established: other callers probe first next time. */
  let lastProber: string | undefined;

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
    lastProber = undefined;
    onChange("closed");
  }

  function count(finding: Exclude<Finding, "undetermined">, callerId: string): void {
    const time = now();
    let bucket = buckets.at(-1);
    if (bucket === undefined || time >= bucket.startedAt + bucketMs) {
      bucket = { startedAt: time, requests: 0, unreachable: 0, unresponsive: 0, unresponsiveTo: new Set() };
      buckets = [...buckets.filter(({ startedAt }) => startedAt > time - windowMs), bucket];
    }
    bucket.requests += 1;
    if (finding === "unreachable") bucket.unreachable += 1;
    if (finding === "unresponsive") {
      bucket.unresponsive += 1;
      if (bucket.unresponsiveTo.size < maxCallersPerBucket) bucket.unresponsiveTo.add(callerId);
    }
    if (mustOpen()) open();
  }

  function mustOpen(): boolean {
    let requests = 0;
    let unreachable = 0;
    let unresponsive = 0;
    for (const bucket of buckets) {
      requests += bucket.requests;
      unreachable += bucket.unreachable;
      unresponsive += bucket.unresponsive;
    }
    const needed = requests * failureShare;
    if (requests < minRequests || unreachable + unresponsive < needed) return false;
    return unreachable >= needed || new Set(buckets.flatMap(({ unresponsiveTo }) => [...unresponsiveTo])).size > 1;
  }

  const ordinaryPermit = (callerId: string): Permit => ({
    report(finding) {
      // A request that was in flight when the breaker opened is no further evidence.
      if (!isOpen() && finding !== "undetermined") count(finding, callerId);
    },
  });
  const probePermit = (callerId: string): Permit => ({
    report(finding) {
      isProbing = false;
      lastProber = finding === "unresponsive" ? callerId : undefined;
      if (finding === "available") close();
      else if (finding !== "undetermined") open();
    },
  });

  return {
    admit(callerId) {
      if (!isOpen()) return ordinaryPermit(callerId);
      const waitMs = openUntil + (callerId === lastProber ? pauseMs : 0) - now();
      if (waitMs > 0) return { retryAfterSeconds: Math.ceil(waitMs / 1000) };
      if (isProbing) return { retryAfterSeconds: 1 };
      isProbing = true;
      return probePermit(callerId);
    },
    countUnreachable() {
      if (!isOpen()) count("unreachable", "");
    },
    get state() {
      return isOpen() ? (isProbing ? "half-open" : "open") : "closed";
    },
  };
}
