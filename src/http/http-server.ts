import type { Server } from "node:http";
import Fastify, { type FastifyInstance } from "fastify";
import { type BearerToken, readBearerToken } from "../auth/bearer-token.ts";
import { countHeader } from "../count-header.ts";
import type { ReportBug } from "../graphql/error-gate.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { RequestMetrics } from "../telemetry/request-metrics.ts";
import { setUpCors } from "./cors.ts";
import { HttpError, sendHttpError, setUpErrorResponses } from "./error-responses.ts";
import { setUpJsonBodies } from "./json-bodies.ts";
import { setUpLoadShedding } from "./load-shedding.ts";
import { createClientErrorHandler } from "./parser-errors.ts";
import { chooseRequestId } from "./request-id.ts";
import { followRequests } from "./request-lifetime.ts";
import { createRejectionReport, observeRequests } from "./request-observation.ts";

declare module "fastify" {
  interface FastifyRequest {
    token: BearerToken | undefined;
  }
}

/** All headers of a request together, the URL of a GET among them. */
const maxHeaderBytes = 16 * 1024;
/** Each header costs memory of its own, however short it is; Node ignores what follows after this many. */
const maxHeaders = 100;
/** Further connections are closed immediately. docs/memory.md says what an open one takes. */
const maxConnections = 2000;
const makeRoomEveryMs = 1000;
/** For the headers, and for the whole request, counted from the connection or the previous response. */
const headersTimeoutMs = 5000;
const requestTimeoutMs = 10_000;
const timeoutCheckMs = 1000;
// Longer than the 60 s after which common load balancers drop an idle connection: the side that sends requests must be
// the one that drops it first.
const keepAliveTimeoutMs = 72_000;

export interface HttpServerOptions {
  readonly reportBug: ReportBug;
  readonly logger: Logger;
  readonly metrics: RequestMetrics;
  readonly corsOrigins: readonly (string | RegExp)[];
  readonly isDraining: () => boolean;
  readonly isOverloaded: () => boolean;
}

/** The HTTP server without routes: its limits, and what happens to every request, in order. */
export function createHttpServer(options: HttpServerOptions) {
  const app = Fastify({
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
      // Rejected below, with a body.
      requireHostHeader: false,
    },
    genReqId: chooseRequestId,
    clientErrorHandler: createClientErrorHandler(createRejectionReport(options.logger, options.metrics)),
    // Requests on kept-alive connections are still handled while the listener closes.
    return503OnClosing: false,
    // A path that cannot be decoded. Fastify's own response would repeat it.
    frameworkErrors: (_error, request, reply) =>
      void sendHttpError(request, reply.header("x-request-id", request.id), 404),
  });

  app.decorateRequest("token", undefined);
  app.addHook("onRequest", (request, reply, done) => {
    request.token = readBearerToken(request.raw);
    reply.header("x-request-id", request.id);
    done();
  });
  followRequests(app);
  const observation = observeRequests(app, options.logger, options.metrics);
  setUpConnectionLimits(app.server);
  setUpConnectionClose(app, options.isDraining);
  setUpHeaderChecks(app);
  setUpCors(app, options.corsOrigins);
  setUpLoadShedding(app, options.isOverloaded);
  setUpJsonBodies(app);
  setUpErrorResponses(app, options.reportBug);
  return { app, observation };
}

function setUpConnectionLimits(server: Server): void {
  server.maxConnections = maxConnections;
  server.maxHeadersCount = maxHeaders;
  // Idle connections make room, so that whoever opens many does not lock out the others and the health checks.
  let madeRoomAt = 0;
  server.on("drop", () => {
    if (performance.now() - madeRoomAt < makeRoomEveryMs) return;
    madeRoomAt = performance.now();
    server.closeIdleConnections();
  });
  // An unknown expectation may be ignored (RFC 9110, section 10.1.1); Node's own 417 would bypass every hook.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
}

/** While the service drains, every response closes its connection. */
function setUpConnectionClose(app: FastifyInstance, isDraining: () => boolean): void {
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (isDraining()) reply.header("connection", "close");
    done(null, payload);
  });
}

/** RFC 9112, section 3.2: exactly one Host header. Proxies differ in which of two they take. */
function setUpHeaderChecks(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    if (request.raw.rawHeaders.length >= 2 * maxHeaders) {
      reply.header("connection", "close");
      return done(new HttpError(431));
    }
    if (countHeader(request.raw, "host") === 1 || request.raw.httpVersion === "1.0") return done();
    reply.header("connection", "close");
    done(new HttpError(400, "Send exactly one Host header."));
  });
}
