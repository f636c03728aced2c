import type { FastifyInstance } from "fastify";

/**
 * Liveness depends on nothing; readiness is false while the process drains, and not while it is merely degraded.
 * @param findDegraded returns the unavailable dependencies, which most requests can do without.
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
