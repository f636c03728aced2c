import type { FastifyInstance } from "fastify";

export interface HealthSources {
  readonly isDraining: () => boolean;
  /** The dependencies that most requests can do without and that cannot be used at the moment. */
  readonly findDegraded: () => readonly string[];
}

/** Liveness depends on nothing; readiness is false while the process drains, and not while it is merely degraded. */
export function registerHealthRoutes(app: FastifyInstance, { isDraining, findDegraded }: HealthSources): void {
  app.get("/health/live", async () => ({ status: "live" }));
  app.get("/health/ready", async (_request, reply) => {
    if (isDraining()) return reply.code(503).send({ status: "draining" });
    const degraded = findDegraded();
    return degraded.length === 0 ? { status: "ready" } : { status: "degraded", degraded };
  });
}
