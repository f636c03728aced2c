import type { CallReport, HoldReason } from "../contactswing/call-watcher.ts";
import type { BreakerState } from "../contactswing/circuit-breaker.ts";
import { Counter, Gauge, Histogram, prefix, type Registry } from "./prometheus.ts";

export interface UpstreamMetrics {
  start(): void;
  end(report: CallReport): void;
  /** Counts a call that was not sent. */
  holdBack(reason: HoldReason): void;
}

const durationBucketsSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 12];
const breakerStates: readonly BreakerState[] = ["closed", "half-open", "open"];
const holdReasons: readonly HoldReason[] = ["overloaded", "circuit-open"];

/** Counts and times the calls to ContactSwing. */
export function createUpstreamMetrics(registry: Registry, readBreakerState: () => BreakerState): UpstreamMetrics {
  let inFlight = 0;

  const durations = new Histogram({
    name: `${prefix}upstream_request_duration_seconds`,
    help: "Time of a call to ContactSwing, connecting included, by the class of its status, none without an answer.",
    labelNames: ["operation", "status_class"],
    buckets: durationBucketsSeconds,
    registers: [registry],
  });
  const failures = new Counter({
    name: `${prefix}upstream_failures_total`,
    help: "Calls to ContactSwing that brought no good answer, by the kind of failure.",
    labelNames: ["operation", "kind"],
    registers: [registry],
  });
  const shed = new Counter({
    name: `${prefix}upstream_calls_shed_total`,
    help: "Calls to ContactSwing that were not sent: too many under way, or the circuit breaker was open.",
    labelNames: ["reason"],
    registers: [registry],
  });
  new Gauge({
    name: `${prefix}upstream_requests_in_flight`,
    help: "Calls to ContactSwing that are under way.",
    registers: [registry],
    collect() {
      this.set(inFlight);
    },
  });
  new Gauge({
    name: `${prefix}circuit_breaker_state`,
    help: "1 for the state that the circuit breaker in front of ContactSwing is in.",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      const current = readBreakerState();
      for (const state of breakerStates) this.set({ state }, state === current ? 1 : 0);
    },
  });

  for (const reason of holdReasons) shed.inc({ reason }, 0);

  return {
    start() {
      inFlight += 1;
    },
    end({ operation, status, failure, durationMs }) {
      inFlight -= 1;
      durations.observe({ operation, status_class: toStatusClass(status) }, durationMs / 1000);
      if (failure !== undefined) failures.inc({ operation, kind: failure.kind });
    },
    holdBack(reason) {
      shed.inc({ reason });
    },
  };
}

function toStatusClass(status: number | undefined): string {
  return status !== undefined && status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : "none";
}
