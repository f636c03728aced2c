import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { CapacityLimit } from "../failures/failure.ts";
import { failureTable } from "../failures/failure-table.ts";
import { findWorstCode } from "../failures/service-faults.ts";
import type { RequestRecord } from "../request/request-record.ts";

export type RequestMetrics = ReturnType<typeof createRequestMetrics>;

/** A GraphQL field that gets its series before its first request. */
export interface CountedField {
  readonly operationType: "query" | "mutation";
  readonly name: string;
}

// Close together around the latency objective (2.5 s) and the timeouts (2 s to connect, 10 s to respond by default).
const durationBucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 2.5, 3, 4, 5, 7.5, 10, 12, 15, 30];

const okCode = "OK";
/** There was no complete response, because the caller disconnected or this service ended: no failure. */
const abortedCode = "ABORTED";
/** Overloaded by the caller's own requests: no fault of the service. */
const callerLimitCode = "CALLER_LIMIT";
/** A request that was rejected before it had an operation. */
const noOperation = "none";

/** Counts and times the requests to `/graphql`. */
export function createRequestMetrics(registry: Registry, fields: readonly CountedField[]) {
  const registers = [registry];

  const requests = new Counter({
    name: "contactswing_bff_requests_total",
    help: "Requests to /graphql that have ended, by the worst error code of the response; OK without errors.",
    labelNames: ["operation_type", "root_field", "code"],
    registers,
  });
  const durations = new Histogram({
    name: "contactswing_bff_request_duration_seconds",
    help: "Time from the end of a request to /graphql, as far as it was read, to the end of its response.",
    labelNames: ["operation_type", "root_field"],
    buckets: durationBucketsSeconds,
    registers,
  });
  const inFlight = new Gauge({
    name: "contactswing_bff_requests_in_flight",
    help: "Requests to /graphql in flight.",
    registers,
  });

  // A series that begins with its first failure hides that failure from rate().
  const codes = new Set([okCode, abortedCode, callerLimitCode, ...Object.values(failureTable).map(({ code }) => code)]);
  for (const { operationType, name } of fields) {
    for (const code of codes) requests.inc({ operation_type: operationType, root_field: name, code }, 0);
  }

  return {
    start: () => inFlight.inc(),
    /** Ends a request that turned out not to be a GraphQL request: it is counted nowhere. */
    discard: () => inFlight.dec(),
    end(
      record: RequestRecord,
      /** Without the time that the client took to send the request. */
      durationMs: number,
      isUnfinished: boolean,
    ) {
      const { operationType = noOperation, rootField = noOperation } = record;
      inFlight.dec();
      const labels = { operation_type: operationType, root_field: rootField };
      requests.inc({ ...labels, code: isUnfinished ? abortedCode : chooseCode(record) });
      durations.observe(labels, durationMs / 1000);
    },
  };
}

function chooseCode({ errorCodes, failure }: RequestRecord): string {
  const perCaller: CapacityLimit = "max-in-flight-per-caller";
  return failure?.reason === perCaller ? callerLimitCode : (findWorstCode(errorCodes) ?? okCode);
}
