import type { FastifyInstance } from "fastify";

export interface Readiness {
  readonly isDraining: () => boolean;
  /** Whether the service is still waiting for something that nearly every request needs. */
  readonly isStarting: () => boolean;
  /** The dependencies that are unavailable, which most requests can do without. */
  readonly findDegraded: () => readonly string[];
}

/**
 * Liveness depends on nothing; readiness is false until the process can serve requests, and while it drains, and not while
 * it is merely degraded.
 */
export function registerHealthRoutes(app: FastifyInstance, { isDraining, isStarting, findDegraded }: Readiness): void {
  app.get("/health/live", async () => ({ status: "live" }));
  app.get("/health/ready", async (_request, reply) => {
    if (isDraining()) return reply.code(503).send({ status: "draining" });
    if (isStarting()) return reply.code(503).send({ status: "starting" });
    const degraded = findDegraded();
    return degraded.length === 0 ? { status: "ready" } : { status: "degraded", degraded };
  });
}
