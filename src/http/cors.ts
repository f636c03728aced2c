import type { FastifyInstance } from "fastify";

const oneHourSeconds = 3600;

/** Headers that pages may send: our own, and those that GraphQL clients and tracing libraries add by themselves. */
const allowedHeaders = [
  "authorization",
  "content-type",
  "x-request-id",
  "traceparent",
  "tracestate",
  "baggage",
  "sentry-trace",
  "x-apollo-operation-name",
  "apollo-require-preflight",
  "apollographql-client-name",
  "apollographql-client-version",
];

/**
 * Lets pages from these origins read responses; without any, no response has a CORS header. Never with credentials: a
 * page's own code sends the token, not the browser.
 */
export function setUpCors(app: FastifyInstance, origins: readonly (string | RegExp)[]): void {
  if (origins.length === 0) return;
  // Loaded only where it is used: most deployments are called by servers.
  app.register(import("@fastify/cors"), {
    origin: [...origins],
    methods: ["GET", "POST"],
    allowedHeaders,
    exposedHeaders: ["x-request-id", "retry-after"],
    maxAge: oneHourSeconds,
    strictPreflight: false,
  });
}
