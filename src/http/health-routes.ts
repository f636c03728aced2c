import type { FastifyInstance } from "fastify";

/** Liveness never depends on load or on others; readiness is false while the process drains. */
export function registerHealthRoutes(app: FastifyInstance, isDraining: () => boolean): void {
  app.get("/health/live", async () => ({ status: "live" }));
  app.get("/health/ready", async (_request, reply) => {
    const isReady = !isDraining();
    await reply.code(isReady ? 200 : 503).send({ status: isReady ? "ready" : "draining" });
  });
}
