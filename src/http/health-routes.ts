import type { FastifyInstance } from "fastify";

/**
 * Liveness never depends on load or on others; readiness is false while the process drains. What most calls can do
 * without does not make the service unready: it is named as degraded.
 */
export function registerHealthRoutes(
  app: FastifyInstance,
  isDraining: () => boolean,
  findDegraded: () => readonly string[],
): void {
  app.get("/health/live", async () => ({ status: "live" }));
  app.get("/health/ready", async (_request, reply) => {
    if (isDraining()) return reply.code(503).send({ status: "draining" });
    const degraded = findDegraded();
    return degraded.length === 0 ? { status: "ready" } : { status: "degraded", degraded };
  });
}
