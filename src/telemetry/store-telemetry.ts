import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { Histogram, type Registry } from "prom-client";
import type { ObserveCommand } from "../idempotency/redis-connection.ts";
import { startSpan } from "./tracing.ts";

// A command that takes longer than half a second has failed.
const durationBucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5];

/** Turns commands to the store of idempotency keys into metrics and, as part of a request, into spans. */
export function createStoreTelemetry(registry: Registry): ObserveCommand {
  const durations = new Histogram({
    name: "contactswing_bff_store_command_duration_seconds",
    help: "Time of a command to the Redis that stores idempotency keys.",
    labelNames: ["command"],
    buckets: durationBucketsSeconds,
    registers: [registry],
  });

  return (command) => {
    const startedAt = performance.now();
    const parent = context.active();
    // Probes and renewed leases belong to no request.
    const span =
      trace.getSpan(parent) && startSpan(`${command} idempotency key`, parent, { kind: SpanKind.CLIENT }).span;
    span?.setAttributes({ "db.system.name": "redis", "db.operation.name": "EVAL" });
    return (cause) => {
      durations.observe({ command }, (performance.now() - startedAt) / 1000);
      if (cause !== undefined) span?.setAttribute("error.type", cause).setStatus({ code: SpanStatusCode.ERROR });
      span?.end();
    };
  };
}
