import { SpanKind } from "@opentelemetry/api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type CapacityLimit, canceled } from "../failures/failure.ts";
import { InFlight } from "../memory/in-flight.ts";
import type { RequestRecord } from "../request/request-record.ts";
import { toLoggedName } from "../telemetry/logged-name.ts";
import type { Logger } from "../telemetry/logger.ts";
import { logRequest } from "../telemetry/request-log.ts";
import type { RequestMetrics } from "../telemetry/request-metrics.ts";
import { extractTraceContext, recordErrors, startSpan } from "../telemetry/tracing.ts";
import { hasUnreadableToken } from "./caller-token.ts";
import { findCloseReason } from "./connections.ts";
import { graphqlPath, isGraphqlRequest } from "./graphql-request.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Only of requests to `/graphql`; null for others, and for the playground's page. */
    record: RequestRecord | null;
    /** When as much of the request had arrived as is needed to respond, on the clock of `performance.now()`. */
    receivedAt: number;
  }
}

/** Is told which limit a request was rejected for, before or while it was executed. */
export type OnShed = (limit: CapacityLimit) => void;

export interface Observation {
  /** How many requests have ended. */
  readonly endedCount: number;
  /** Ends every request in flight as it is, because the process ends now. @returns how many there were. */
  abandon(reason: string): number;
  /** Resolves as soon as no request is in flight. */
  whenIdle(): Promise<void>;
}

/** Why a request was cut off whose response, or ContactSwing's, had not come in time after a signal to stop. */
export const endOfGracePeriod = "end of the grace period";

// The others are counted by upstream requests that were not sent.
const localLimits: readonly CapacityLimit[] = ["memory", "event-loop"];

/**
 * Every request to `/graphql` leaves one log line, its metrics, and a span, once its response has been sent or its caller
 * has disconnected, and it has been handled: a create request outlives its caller's connection, and the log line has its
 * outcome.
 */
export function observeRequests(
  app: FastifyInstance,
  logger: Logger,
  metrics: RequestMetrics,
  onShed: OnShed,
): Observation {
  const inFlight = new InFlight<(cutOff?: string) => void>();
  let endedCount = 0;
  let onIdle = () => {};
  app.decorateRequest("record", null);
  app.decorateRequest("receivedAt", 0);

  app.addHook("onRequest", (request, reply, done) => {
    if (!isGraphqlRequest(request)) return done();
    const startedAt = performance.now();
    request.receivedAt = startedAt;
    const { span, traceContext } = startRequestSpan(request);
    const hidesTexts = hasUnreadableToken(request.raw, request.token);
    const record: RequestRecord = { requestId: request.id, traceContext, hidesTexts };
    request.record = record;
    metrics.start();

    const end = (cutOff?: string) => {
      if (!leave()) return;
      if (inFlight.size === 0) onIdle();
      if (request.record === null || isPreflight(request, reply)) return metrics.discard();
      endedCount += 1;
      const durationMs = performance.now() - startedAt;
      const isUnfinished = !reply.raw.writableFinished;
      const closeReason = isUnfinished ? (cutOff ?? findCloseReason(request.raw.socket)) : undefined;
      if (closeReason !== undefined) record.cutOff = closeReason;
      else if (record.failure?.networkErrorCode === canceled) record.cutOff = endOfGracePeriod;
      const isAborted = isUnfinished && record.cutOff === undefined;
      const limit = findLocalLimit(record);
      if (limit !== undefined) onShed(limit);
      const described = describeRequest(request, record);
      logRequest(logger, record, { ...described, status: reply.statusCode, durationMs, isAborted });
      metrics.end(record, performance.now() - request.receivedAt, isUnfinished);
      span.setAttribute("http.response.status_code", reply.statusCode);
      recordErrors(span, record.errorCodes);
      span.end();
    };
    const leave = inFlight.add(end);
    // Not a function expression: V8 puts one that is assigned to a property into the old generation, and keeps what it
    // refers to until the next full collection.
    request.onEnd = end;
    done();
  });

  // Its body has been read.
  app.addHook("preValidation", (request, _reply, done) => {
    request.receivedAt = performance.now();
    done();
  });

  return {
    get endedCount() {
      return endedCount;
    },
    abandon(reason) {
      const count = inFlight.size;
      for (const end of inFlight.members()) end(reason);
      return count;
    },
    whenIdle() {
      return new Promise((resolve) => {
        onIdle = resolve;
        if (inFlight.size === 0) resolve();
      });
    },
  };
}

/** Records a request that the HTTP parser rejected. */
export function createRejectionReport(logger: Logger, metrics: RequestMetrics) {
  return (requestId: string, code: string, status: number): void => {
    const record: RequestRecord = {
      requestId,
      traceContext: extractTraceContext({}),
      hidesTexts: true,
      errorCodes: [code],
    };
    metrics.start();
    logRequest(logger, record, { method: "", path: "", status, durationMs: 0, isAborted: false });
    metrics.end(record, 0, false);
  };
}

/** The limit of this process for which a request was rejected, before or while it was executed. */
function findLocalLimit({ failure }: RequestRecord): CapacityLimit | undefined {
  if (failure?.kind !== "overloaded") return undefined;
  return localLimits.find((limit) => limit === failure.reason);
}

/** A browser's question whether a page may send a request. It is not a GraphQL request. */
function isPreflight({ method }: FastifyRequest, { statusCode }: FastifyReply): boolean {
  return method === "OPTIONS" && statusCode === 204;
}

function describeRequest({ method, headers, token }: FastifyRequest, { hidesTexts }: RequestRecord) {
  const read = (name: string) => {
    const value = headers[name];
    return typeof value === "string" && !hidesTexts ? toLoggedName(value, token) : undefined;
  };
  return {
    method,
    path: graphqlPath,
    clientName: read("apollographql-client-name"),
    clientVersion: read("apollographql-client-version"),
  };
}

/** By OpenTelemetry's conventions for HTTP servers. Query string and headers are the caller's and are left out. */
function startRequestSpan({ id, method, headers }: FastifyRequest) {
  const parent = extractTraceContext(headers);
  const { span, traceContext } = startSpan(`${method} ${graphqlPath}`, parent, { kind: SpanKind.SERVER });
  if (span.isRecording()) {
    span.setAttributes({
      "http.request.method": method,
      "http.request.id": id,
      "http.route": graphqlPath,
      "url.path": graphqlPath,
      "url.scheme": "http",
    });
  }
  return { span, traceContext };
}
