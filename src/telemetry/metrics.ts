import type { BreakerState } from "../contactswing/circuit-breaker.ts";
import { createBoundedLabel } from "./bounded-label.ts";
import { Counter, Gauge, prefix, Registry } from "./prometheus.ts";
import { createRequestMetrics, type RequestMetrics } from "./request-metrics.ts";
import { type ProcessUsage, registerRuntimeMetrics } from "./runtime-metrics.ts";
import { createUpstreamMetrics, type UpstreamMetrics } from "./upstream-metrics.ts";

export interface MetricsSources {
  readonly version: string;
  readonly readBreakerState: () => BreakerState;
  readonly process: ProcessUsage;
}

export interface Metrics {
  readonly requests: RequestMetrics;
  readonly upstream: UpstreamMetrics;
  /** Counts how the idempotency guard dealt with a create that has a key. `result` is one of a few fixed words. */
  countIdempotencyResult(result: string): void;
  readonly contentType: string;
  /** Everything in Prometheus' text format. */
  scrape(): Promise<string>;
  /** Ends what watches the process. */
  stop(): void;
}

/** How a create with an idempotency key can be dealt with. */
const idempotencyResults = [
  "created",
  "not-created",
  "uncertain",
  "replayed",
  "outcome-unknown",
  "key-reused",
  "unavailable",
];
const maxIdempotencyResults = 20;

/** The metrics of one service, in a registry of their own: several services may live in one process. */
export function createMetrics({ version, readBreakerState, process }: MetricsSources): Metrics {
  const registry = new Registry();
  const boundResult = createBoundedLabel(maxIdempotencyResults);

  new Gauge({
    name: `${prefix}build_info`,
    help: "1, with the versions of the service and of Node.js.",
    labelNames: ["version", "node_version"],
    registers: [registry],
  }).set({ version, node_version: process.version }, 1);
  const idempotency = new Counter({
    name: `${prefix}idempotency_results_total`,
    help: "Creates with an idempotency key, by how the key was dealt with.",
    labelNames: ["result"],
    registers: [registry],
  });
  for (const result of idempotencyResults) idempotency.inc({ result: boundResult(result) }, 0);
  const requests = createRequestMetrics(registry);
  const upstream = createUpstreamMetrics(registry, readBreakerState);
  const stop = registerRuntimeMetrics(registry, process);

  return {
    requests,
    upstream,
    countIdempotencyResult: (result) => idempotency.inc({ result: boundResult(result) }),
    contentType: registry.contentType,
    scrape: () => registry.metrics(),
    stop,
  };
}
