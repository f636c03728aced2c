import process from "node:process";
import { Counter, Gauge, Registry } from "prom-client";
import type { Lane } from "../contactswing/admission.ts";
import type { BreakerState } from "../contactswing/circuit-breaker.ts";
import { type CapacityLimit, capacityLimits } from "../failures/failure.ts";
import { type IdempotencyResult, idempotencyResults } from "../idempotency/idempotency-guard.ts";
import { type CountedField, createRequestMetrics } from "./request-metrics.ts";
import { collectProcessMetrics, createRuntimeMetrics } from "./runtime-metrics.ts";
import { createStoreTelemetry } from "./store-telemetry.ts";
import { createUpstreamMetrics } from "./upstream-metrics.ts";

export interface MetricsSources {
  readonly version: string;
  readonly fields: readonly CountedField[];
  readonly readBreakerState: (lane: Lane) => BreakerState;
  /** The dependencies besides ContactSwing, each with a function that says whether it can be used. */
  readonly dependencies: Readonly<Record<string, () => boolean>>;
  /** How many log lines have been dropped because nothing read them. */
  readonly countDroppedLogLines: () => number;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** The metrics of one service, in a registry of its own: tests run several services in one process. */
export function createMetrics(sources: MetricsSources) {
  const { version, fields, readBreakerState, dependencies, countDroppedLogLines } = sources;
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
    help: "Writes with an idempotency key, by how the key was handled.",
    labelNames: ["result"],
    registers,
  });
  for (const result of idempotencyResults) idempotency.inc({ result }, 0);
  const shed = new Counter({
    name: "contactswing_bff_requests_shed_total",
    help: "Requests to ContactSwing that were not sent, and requests to /graphql that were rejected, by the limit that was reached.",
    labelNames: ["reason"],
    registers,
  });
  for (const reason of capacityLimits) shed.inc({ reason }, 0);
  new Counter({
    name: "contactswing_bff_log_lines_dropped_total",
    help: "Log lines that were dropped because nothing read them fast enough.",
    registers,
    collect() {
      this.reset();
      this.inc(countDroppedLogLines());
    },
  });
  const requests = createRequestMetrics(registry, fields);
  const upstream = createUpstreamMetrics(
    registry,
    fields.map(({ name }) => name),
    readBreakerState,
  );
  const observeEventLoopDelay = createRuntimeMetrics(registry);
  const registries = [registry, collectProcessMetrics()];
  let scraping: Promise<string> | undefined;

  return {
    requests,
    upstream,
    countIdempotencyResult: (result: IdempotencyResult) => idempotency.inc({ result }),
    observeStoreCommand: createStoreTelemetry(registry),
    shed: (reason: CapacityLimit) => shed.inc({ reason }),
    observeEventLoopDelay,
    contentType: registry.contentType,
    /** Everything in Prometheus' text format. Concurrent scrapes share one. */
    scrape(): Promise<string> {
      scraping ??= Promise.all(registries.map((each) => each.metrics()))
        .then((texts) => texts.join("\n"))
        .finally(() => {
          scraping = undefined;
        });
      return scraping;
    },
  };
}
