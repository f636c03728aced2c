import { SpanKind } from "@opentelemetry/api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { toLoggedName } from "../telemetry/logged-name.ts";
import type { Logger } from "../telemetry/logger.ts";
import { logRequest } from "../telemetry/request-log.ts";
import type { RequestMetrics } from "../telemetry/request-metrics.ts";
import type { RequestRecord } from "../telemetry/request-record.ts";
import { extractTraceContext, recordErrors, startSpan } from "../telemetry/tracing.ts";
import { graphqlPath, isGraphqlRequest } from "./graphql-request.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Only of requests to `/graphql`; null for others, and for the playground's page. */
    record: RequestRecord | null;
  }
}

/**
 * Every request to `/graphql` leaves one log line, its metrics, and a span, once its response has been sent or its caller
 * has disconnected, and it has been handled: a create request outlives its caller's connection, and the log line has its
 * outcome.
 */
export function observeRequests(app: FastifyInstance, logger: Logger, metrics: RequestMetrics) {
  const inFlight = new Set<() => void>();
  let endedCount = 0;
  app.decorateRequest("record", null);

  app.addHook("onRequest", (request, reply, done) => {
    if (!isGraphqlRequest(request)) return done();
    const startedAt = performance.now();
    const { span, traceContext } = startRequestSpan(request);
    const record: RequestRecord = { requestId: request.id, traceContext };
    request.record = record;
    metrics.start();

    const end = () => {
      if (!inFlight.delete(end)) return;
      if (request.record === null || isPreflight(request, reply)) return metrics.discard();
      endedCount += 1;
      const durationMs = performance.now() - startedAt;
      const isAborted = !reply.raw.writableFinished;
      logRequest(logger, record, { ...describeRequest(request), status: reply.statusCode, durationMs, isAborted });
      metrics.end(record, durationMs, isAborted);
      span.setAttribute("http.response.status_code", reply.statusCode);
      recordErrors(span, record.errorCodes);
      span.end();
    };
    inFlight.add(end);
    request.onEnd = end;
    done();
  });

  return {
    /** How many requests have ended. */
    get endedCount() {
      return endedCount;
    },
    /** Ends every request in flight as it is, because the process ends now. @returns how many there were. */
    abandon(): number {
      const count = inFlight.size;
      for (const end of inFlight) end();
      return count;
    },
  };
}

/** Records a request that the HTTP parser rejected. */
export function createRejectionReport(logger: Logger, metrics: RequestMetrics) {
  return (requestId: string, code: string, status: number): void => {
    const record: RequestRecord = { requestId, traceContext: extractTraceContext({}), errorCodes: [code] };
    metrics.start();
    logRequest(logger, record, { method: "", path: "", status, durationMs: 0, isAborted: false });
    metrics.end(record, 0, false);
  };
}

/** A browser's question whether a page may send a request. It is not a GraphQL request. */
function isPreflight({ method }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  return method === "OPTIONS" && statusCode === 204;
}

function describeRequest({ method, headers, token }: FastifyRequest) {
  const read = (name: string) => {
    const value = headers[name];
    return typeof value === "string" ? toLoggedName(value, token) : undefined;
  };
  return {
    method,
    path: graphqlPath,
    clientName: read("apollographql-client-name"),
    clientVersion: read("apollographql-client-version"),
  };
}

/** By OpenTelemetry's conventions for HTTP servers. Query string and headers are the caller's and are left out. */
function startRequestSpan({ method, headers }: FastifyRequest) {
  const parent = extractTraceContext(headers);
  const { span, traceContext } = startSpan(`${method} ${graphqlPath}`, parent, { kind: SpanKind.SERVER });
  if (span.isRecording()) {
    span.setAttributes({
      "http.request.method": method,
      "http.route": graphqlPath,
      "url.path": graphqlPath,
      "url.scheme": "http",
    });
  }
  return { span, traceContext };
}
