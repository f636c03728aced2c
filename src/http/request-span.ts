import type { FastifyRequest } from "fastify";
import { chooseWorstCode, isServiceFault } from "../failures/service-faults.ts";
import type { OperationRecord } from "../telemetry/operation-record.ts";
import type { Span, Tracer } from "../telemetry/tracer.ts";

/**
 * Begins the span of a request, as OpenTelemetry's conventions for HTTP servers have it. The query string and the
 * headers are the caller's and stay out.
 */
export function startRequestSpan(
  tracer: Tracer,
  { method, routeOptions }: FastifyRequest,
  traceparent: string | undefined,
): Span {
  const route = routeOptions.url;
  const attributes = {
    "http.request.method": method,
    "http.route": route,
    "url.path": route,
    "url.scheme": "http",
  };
  return tracer.startRequest(`${method} ${route}`, attributes, traceparent);
}

/** Ends the span of a request with what came of it. */
export function endRequestSpan(span: Span, { errorCodes }: OperationRecord, status: number): void {
  const code = chooseWorstCode(errorCodes);
  span.setAttributes({ "http.response.status_code": status, "error.type": code });
  if (status >= 500 || (code !== undefined && isServiceFault(code))) span.fail();
  span.end();
}
