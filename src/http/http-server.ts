import Fastify, { type FastifyInstance } from "fastify";
import type { ReportBug } from "../graphql/error-gate.ts";
import { sendProtocolFailure, shapeProtocolFailures } from "./protocol-failures.ts";
import { chooseRequestId } from "./request-id.ts";

export const maxBodyBytes = 100 * 1024;

/** The HTTP server with its limits, without routes. */
export function createHttpServer(reportBug: ReportBug, isDraining: () => boolean): FastifyInstance {
  const app = Fastify({
    bodyLimit: maxBodyBytes,
    genReqId: chooseRequestId,
    // The operation's own line is written by its route.
    logger: false,
    // Calls that come in on kept-alive connections while the listener is closing are answered, not refused.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    // A path that cannot be decoded, which Fastify's own answer repeats.
    frameworkErrors: (_error, request, reply) =>
      void sendProtocolFailure(request, reply.header("x-request-id", request.id), 404),
  });
  app.removeContentTypeParser("text/plain");
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
  });
  // Looked at when the answer leaves: a call that began before the drain must not keep its connection either.
  app.addHook("onSend", async (_request, reply) => {
    if (isDraining()) reply.header("connection", "close");
  });
  shapeProtocolFailures(app, reportBug);
  return app;
}
