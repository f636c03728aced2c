import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type Lane, lanes } from "../contactswing/admission.ts";
import type { BreakerState } from "../contactswing/circuit-breaker.ts";
import type { UpstreamOutcome } from "../contactswing/observer.ts";
import type { Failure, FailureKind } from "../failures/failure.ts";

export type UpstreamMetrics = ReturnType<typeof createUpstreamMetrics>;

const durationBucketsSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 12];
const breakerStates: readonly BreakerState[] = ["closed", "half-open", "open"];

// The causes that the runbook has an entry for; a label must not take any value that a system library may return.
const knownCauses: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "500",
  "502",
  "503",
  "504",
]);

/** The failures that alerts are about: a series that begins with its first failure hides that failure from rate(). */
const alertedFailures: readonly (readonly [kind: FailureKind, cause: string])[] = [
  ["unreachable", "ECONNREFUSED"],
  ["unreachable", "ENOTFOUND"],
  ["unreachable", "ETIMEDOUT"],
  ["unreachable", "other"],
  ["connection-lost", "ECONNRESET"],
  ["timeout", "ETIMEDOUT"],
  ...["502", "503", "504"].map((status) => ["server-error", status] as const),
];

/** Counts and times the requests to ContactSwing. @param operations the names of all operations. */
export function createUpstreamMetrics(
  registry: Registry,
  operations: readonly string[],
  readBreakerState: (lane: Lane) => BreakerState,
) {
  const registers = [registry];

  const durations = new Histogram({
    name: "contactswing_bff_upstream_request_duration_seconds",
    help: "Time of a request to ContactSwing, including connecting, by the class of its status; none without a response.",
    labelNames: ["operation", "status_class"],
    buckets: durationBucketsSeconds,
    registers,
  });
  const failures = new Counter({
    name: "contactswing_bff_upstream_failures_total",
    help: "Requests to ContactSwing that brought no usable response, by kind of failure and its cause below HTTP; for a server error, its status.",
    labelNames: ["operation", "kind", "cause"],
    registers,
  });
  const inFlight = new Gauge({
    name: "contactswing_bff_upstream_requests_in_flight",
    help: "Requests to ContactSwing in flight.",
    registers,
  });
  new Gauge({
    name: "contactswing_bff_circuit_breaker_state",
    help: "1 for the current state of the circuit breaker in front of ContactSwing, of reads and of writes.",
    labelNames: ["requests", "state"],
    registers,
    collect() {
      for (const requests of lanes) {
        const current = readBreakerState(requests);
        for (const state of breakerStates) this.set({ requests, state }, state === current ? 1 : 0);
      }
    },
  });
  for (const operation of operations) {
    for (const [kind, cause] of alertedFailures) failures.inc({ operation, kind, cause }, 0);
  }

  return {
    start: () => inFlight.inc(),
    end(operation: string, durationMs: number, { status, failure }: UpstreamOutcome) {
      inFlight.dec();
      durations.observe({ operation, status_class: toStatusClass(status) }, durationMs / 1000);
      if (failure === undefined) return;
      failures.inc({ operation, kind: failure.kind, cause: toCause(failure) });
    },
  };
}

/** The cause below HTTP, or the status of a server error. */
function toCause({ kind, networkErrorCode, upstream }: Failure): string {
  const cause = networkErrorCode ?? (kind === "server-error" ? String(upstream?.status) : undefined);
  if (cause === undefined) return "none";
  return knownCauses.has(cause) ? cause : "other";
}

function toStatusClass(status: number | undefined): string {
  return status !== undefined && status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : "none";
}
