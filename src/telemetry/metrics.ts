import process from "node:process";
import { Counter, Gauge, Registry } from "prom-client";
import type { BreakerState } from "../contactswing/circuit-breaker.ts";
import { type IdempotencyResult, idempotencyResults } from "../idempotency/idempotency-guard.ts";
import { type CountedField, createRequestMetrics } from "./request-metrics.ts";
import { createRuntimeMetrics } from "./runtime-metrics.ts";
import { createUpstreamMetrics } from "./upstream-metrics.ts";

export interface MetricsSources {
  readonly version: string;
  readonly fields: readonly CountedField[];
  readonly readBreakerState: () => BreakerState;
  /** The dependencies besides ContactSwing, each with a function that says whether it can be used. */
  readonly dependencies: Readonly<Record<string, () => boolean>>;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** The metrics of one service, in a registry of its own: tests run several services in one process. */
export function createMetrics({ version, fields, readBreakerState, dependencies }: MetricsSources) {
  const registry = new Registry();
  const registers = [registry];

  new Gauge({
    name: "contactswing_bff_build_info",
    help: "1, with the versions of the service and of Node.js.",
    labelNames: ["version", "node_version"],
    registers,
  }).set({ version, node_version: process.version }, 1);
  new Gauge({
    name: "contactswing_bff_dependency_up",
    help: "1 if a dependency besides ContactSwing can be used, else 0.",
    labelNames: ["dependency"],
    registers,
    collect() {
      for (const [dependency, isUp] of Object.entries(dependencies)) this.set({ dependency }, isUp() ? 1 : 0);
    },
  });
  const idempotency = new Counter({
    name: "contactswing_bff_idempotency_results_total",
    help: "Create requests with an idempotency key, by how the key was handled.",
    labelNames: ["result"],
    registers,
  });
  for (const result of idempotencyResults) idempotency.inc({ result }, 0);
  const requests = createRequestMetrics(registry, fields);
  const upstream = createUpstreamMetrics(
    registry,
    fields.map(({ name }) => name),
    readBreakerState,
  );
  const observeEventLoopDelay = createRuntimeMetrics(registry);

  return {
    requests,
    upstream,
    countIdempotencyResult: (result: IdempotencyResult) => idempotency.inc({ result }),
    observeEventLoopDelay,
    contentType: registry.contentType,
    /** Everything in Prometheus' text format. */
    scrape: () => registry.metrics(),
  };
}
