import Fastify, { type FastifyInstance } from "fastify";
import type { BearerToken } from "../auth/bearer-token.ts";
import type { ReportBug } from "../graphql/error-gate.ts";
import { limits } from "../limits.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { RequestMetrics } from "../telemetry/request-metrics.ts";
import { readBearerToken } from "./caller-token.ts";
import { setUpCors } from "./cors.ts";
import { HttpError, sendHttpError, setUpErrorResponses } from "./error-responses.ts";
import { setUpJsonBodies } from "./json-bodies.ts";
import { createLimitedServer } from "./limited-server.ts";
import { listHeader } from "./list-header.ts";
import { setUpLoadShedding } from "./load-shedding.ts";
import { createClientErrorHandler } from "./parser-errors.ts";
import { chooseRequestId } from "./request-id.ts";
import { limitRequestMemory, trackRequestLifetime } from "./request-lifetime.ts";
import { createRejectionReport, type OnShed, observeRequests } from "./request-observation.ts";

declare module "fastify" {
  interface FastifyRequest {
    token: BearerToken | undefined;
  }
}

export interface HttpServerOptions {
  readonly reportBug: ReportBug;
  readonly logger: Logger;
  readonly metrics: RequestMetrics;
  readonly keepAliveTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly corsOrigins: readonly (string | RegExp)[];
  readonly isDraining: () => boolean;
  readonly isOverloaded: () => boolean;
  readonly onShed: OnShed;
}

/** The HTTP server without routes: its limits, and what happens to every request, in order. */
export function createHttpServer(options: HttpServerOptions) {
  const { serverFactory, connections } = createLimitedServer(options.keepAliveTimeoutMs);
  const app = Fastify({
    serverFactory,
    genReqId: chooseRequestId,
    clientErrorHandler: createClientErrorHandler(connections, createRejectionReport(options.logger, options.metrics)),
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
  trackRequestLifetime(app, options.requestTimeoutMs, connections.releaseStalled);
  const observation = observeRequests(app, options.logger, options.metrics, options.onShed);
  setUpConnectionClose(app, options.isDraining);
  setUpHeaderChecks(app);
  setUpCors(app, options.corsOrigins);
  limitRequestMemory(app);
  setUpLoadShedding(app, options.isOverloaded);
  setUpJsonBodies(app);
  setUpErrorResponses(app, options.reportBug);
  return { app, observation };
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
    if (request.raw.rawHeaders.length >= 2 * limits.request.headers) {
      reply.header("connection", "close");
      return done(new HttpError(431));
    }
    if (listHeader(request.raw, "host").length === 1 || request.raw.httpVersion === "1.0") return done();
    reply.header("connection", "close");
    done(new HttpError(400, "Send exactly one Host header."));
  });
}
