import type { FastifyInstance } from "fastify";

const oneHourSeconds = 3600;

/**
 * Lets web pages of exactly these origins read answers (CORS); without any, no answer has a CORS header. Never with
 * credentials: the caller's token is sent by the page's own code, not by the browser.
 */
export function allowOrigins(app: FastifyInstance, origins: readonly (string | RegExp)[]): void {
  if (origins.length === 0) return;
  // Loaded only where it is used: most deployments are called by servers.
  app.register(import("@fastify/cors"), {
    origin: [...origins],
    methods: ["GET", "POST"],
    allowedHeaders: [
      "authorization",
      "content-type",
      "x-request-id",
      "traceparent",
      "x-apollo-operation-name",
      "apollo-require-preflight",
    ],
    exposedHeaders: ["x-request-id", "retry-after"],
    maxAge: oneHourSeconds,
    strictPreflight: false,
  });
}
