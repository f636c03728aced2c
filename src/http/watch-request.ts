import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { logOperation } from "../telemetry/operation-log.ts";
import { type OperationRecord, startRecord } from "../telemetry/operation-record.ts";
import type { Tracer } from "../telemetry/tracer.ts";
import { readTraceparent } from "./credentials.ts";
import { endRequestSpan, startRequestSpan } from "./request-span.ts";

declare module "fastify" {
  interface FastifyRequest {
    record: OperationRecord | null;
    /** Told that the answer is made; null from then on. */
    onAnswered: (() => void) | null;
  }
}

export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "requests">;
  readonly tracer: Tracer;
}

/** Leaves the line and the metrics of a request that was refused before it reached a route. */
export function reportRefusals({ logger, metrics }: Telemetry) {
  return (requestId: string, code: string, status: number): void => {
    const record = startRecord(requestId);
    record.errorCodes = [code];
    metrics.requests.start();
    logOperation(logger, record, { status, durationMs: 0, isAborted: false });
    metrics.requests.end(record, 0);
  };
}

/**
 * The hooks of a route whose every request leaves one log line, its metrics and a span. That happens once the answer
 * was made and its connection is done with it: a caller who leaves does not end the call to ContactSwing, whose
 * outcome is what the line is for, and Fastify's own `onResponse` is not called then.
 */
export function watchRequest(app: FastifyInstance, { logger, metrics, tracer }: Telemetry) {
  app.decorateRequest("record", null);
  app.decorateRequest("onAnswered", null);

  return {
    onRequest(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
      // Refused by the HTTP parser while its head was being read: answered, and reported, already.
      if (request.raw.socket.writableEnded) return;
      const traceparent = readTraceparent(request.raw);
      const span = startRequestSpan(tracer, request, traceparent);
      const record = startRecord(request.id, span, traceparent);
      request.record = record;
      const startedAt = performance.now();
      metrics.requests.start();

      let partsLeft = 2;
      const finishPart = () => {
        partsLeft -= 1;
        if (partsLeft > 0) return;
        if (request.record === null) return metrics.requests.forget();
        const end = {
          status: reply.statusCode,
          durationMs: performance.now() - startedAt,
          isAborted: !reply.raw.writableFinished,
        };
        logOperation(logger, record, end);
        metrics.requests.end(record, end.durationMs);
        endRequestSpan(span, record, end.status);
      };
      reply.raw.once("close", finishPart);
      request.onAnswered = finishPart;
      done();
    },
    onSend(
      request: FastifyRequest,
      _reply: FastifyReply,
      payload: unknown,
      done: (error: null, payload: unknown) => void,
    ): void {
      request.onAnswered?.();
      request.onAnswered = null;
      done(null, payload);
    },
  };
}
