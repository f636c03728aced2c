import { failureTable } from "../failures/failure-table.ts";
import { chooseWorstCode } from "../failures/service-faults.ts";
import { createBoundedLabel } from "./bounded-label.ts";
import type { OperationRecord } from "./operation-record.ts";
import { Counter, Gauge, Histogram, prefix, type Registry } from "./prometheus.ts";

export interface RequestMetrics {
  start(): void;
  end(record: OperationRecord, durationMs: number): void;
  /** Ends a request that turned out to be none of GraphQL: it counts nowhere. */
  forget(): void;
}

// 2.5 s is the latency objective; 12 s is the longest that a call to ContactSwing takes by default.
const durationBucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 12, 30];
const maxCodes = 60;
const maxRootFields = 20;

/** The code of a request that went well. */
const goodCode = "OK";
/** A request that was refused before there was an operation. */
const noOperation = "none";

/** Counts and times the requests on /graphql. */
export function createRequestMetrics(registry: Registry): RequestMetrics {
  let inFlight = 0;
  const boundCode = createBoundedLabel(maxCodes);
  const boundRootField = createBoundedLabel(maxRootFields);

  const requests = new Counter({
    name: `${prefix}requests_total`,
    help: "Requests on /graphql that have ended, by the worst error code of their answer, OK without errors.",
    labelNames: ["operation_type", "root_field", "code"],
    registers: [registry],
  });
  const durations = new Histogram({
    name: `${prefix}request_duration_seconds`,
    help: "Time from the head of a request on /graphql to the end of its answer.",
    labelNames: ["operation_type", "root_field"],
    buckets: durationBucketsSeconds,
    registers: [registry],
  });
  new Gauge({
    name: `${prefix}requests_in_flight`,
    help: "Requests on /graphql that are being worked on.",
    registers: [registry],
    collect() {
      this.set(inFlight);
    },
  });

  // A series that begins with its first failure hides that failure from rate().
  const codes = new Set([goodCode, ...Object.values(failureTable).map(({ code }) => code)]);
  for (const code of codes) {
    requests.inc({ operation_type: "mutation", root_field: "createDataExtractionAction", code: boundCode(code) }, 0);
    requests.inc({ operation_type: "query", root_field: "dataExtractionAction", code: boundCode(code) }, 0);
  }

  return {
    start() {
      inFlight += 1;
    },
    forget() {
      inFlight -= 1;
    },
    end({ operationType = noOperation, rootField = noOperation, errorCodes }, durationMs) {
      inFlight -= 1;
      const labels = { operation_type: operationType, root_field: boundRootField(rootField) };
      requests.inc({ ...labels, code: boundCode(chooseWorstCode(errorCodes) ?? goodCode) });
      durations.observe(labels, durationMs / 1000);
    },
  };
}
