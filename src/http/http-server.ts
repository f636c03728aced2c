import Fastify, { type FastifyInstance } from "fastify";
import type { ReportBug } from "../graphql/error-gate.ts";
import { closeConnectionsWhileDraining } from "./drain-connections.ts";
import { countHeader } from "./header-count.ts";
import { readOnlyJsonBodies } from "./json-body.ts";
import { createMalformedRequests, type ReportRefusal } from "./malformed-requests.ts";
import { sendProtocolFailure, shapeProtocolFailures } from "./protocol-failures.ts";
import { chooseRequestId } from "./request-id.ts";

export const maxBodyBytes = 100 * 1024;
/** All headers of a request together, the URL of a GET among them. */
export const maxHeaderBytes = 16 * 1024;
/** From the connection or the last answer to the end of the headers, and to the end of the body. */
export const headersTimeoutMs = 5000;
export const requestTimeoutMs = 10_000;
const timeoutCheckMs = 1000;
// Longer than the 60 s after which the usual load balancers drop an idle connection: the end that drops it first
// must be the one that sends requests.
const keepAliveTimeoutMs = 72_000;

export interface HttpServerDependencies {
  readonly reportBug: ReportBug;
  readonly reportRefusal: ReportRefusal;
  readonly isDraining: () => boolean;
}

/**
 * The HTTP server with its limits, without routes. The requests of a connection are not counted: closing it after so
 * many would only cost load balancers a new one.
 */
export function createHttpServer({ reportBug, reportRefusal, isDraining }: HttpServerDependencies): FastifyInstance {
  const malformedRequests = createMalformedRequests(reportRefusal);
  const app = Fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
      insecureHTTPParser: false,
      // Refused below, with a body.
      requireHostHeader: false,
    },
    clientErrorHandler: malformedRequests.answer,
    genReqId: chooseRequestId,
    // No route has a schema: Fastify need not load its compilers for them.
    schemaController: { compilersFactory: { buildValidator: refuseSchemas, buildSerializer: refuseSchemas } },
    // The operation's own line is written by its route.
    logger: false,
    // Calls that come in on kept-alive connections while the listener is closing are answered, not refused.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    // A path that cannot be decoded, which Fastify's own answer repeats.
    frameworkErrors: (_error, request, reply) =>
      void sendProtocolFailure(request, reply.header("x-request-id", request.id), 404),
  });
  readOnlyJsonBodies(app);
  malformedRequests.watch(app);
  closeConnectionsWhileDraining(app, isDraining);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    // RFC 9112, section 3.2: one Host header, no more. Proxies differ in which of two they take.
    if (countHeader(request.raw, "host") === 1 || request.raw.httpVersion === "1.0") return undefined;
    reportRefusal(request.id, "BAD_REQUEST", 400);
    reply.header("connection", "close");
    await sendProtocolFailure(request, reply, 400, "Send exactly one Host header.");
    return reply;
  });
  shapeProtocolFailures(app, reportBug);
  return app;
}

function refuseSchemas(): never {
  throw new Error("no route has a schema");
}
