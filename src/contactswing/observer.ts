import type { CapacityLimit, Failure } from "../failures/failure.ts";
import type { RequestRecord } from "../request/request-record.ts";
import type { RestOperation } from "./rest-operation.ts";

/** How an upstream request ended. */
export interface UpstreamOutcome {
  readonly status: number | undefined;
  readonly ctxId: string | null;
  readonly failure?: Failure;
}

/** One upstream request in flight. Disposing of it ends it without an outcome, because of a disconnect or a bug. */
export interface UpstreamObservation extends Disposable {
  /** W3C Trace Context to send along: of this request's span, or the caller's own. */
  readonly traceHeaders: Readonly<Record<string, string>>;
  end(outcome: UpstreamOutcome): void;
}

/** Is told about upstream requests, for metrics, spans, and the log line of the request that they are sent for. */
export interface UpstreamObserver {
  start(operation: RestOperation<never, unknown>, record: RequestRecord): UpstreamObservation;
  /** An upstream request was not sent. */
  shed(limit: CapacityLimit): void;
  /** ContactSwing has no route for the path of a request. */
  unknownPath(): void;
}
