import type { FastifyInstance } from "fastify";
import type { Metrics } from "../telemetry/metrics.ts";

/** Prometheus' text format, for whoever can reach the port; it is answered while the process drains as well. */
export function registerMetricsRoute(app: FastifyInstance, metrics: Pick<Metrics, "scrape" | "contentType">): void {
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.scrape()));
}
