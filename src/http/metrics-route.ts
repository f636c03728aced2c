import type { FastifyInstance } from "fastify";
import type { Metrics } from "../telemetry/metrics.ts";

/** Prometheus' text format; also available while the process drains. */
export function registerMetricsRoute(app: FastifyInstance, metrics: Pick<Metrics, "scrape" | "contentType">): void {
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.scrape()));
}
