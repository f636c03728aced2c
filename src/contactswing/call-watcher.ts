import type { Failure } from "../failures/failure.ts";
import type { Caller } from "./client.ts";

export type CallOperation = "create" | "read";

/** Why a call was not sent. */
export type HoldReason = "overloaded" | "circuit-open";

/** One finished call to ContactSwing. */
export interface CallReport {
  readonly operation: CallOperation;
  readonly durationMs: number;
  readonly status: number | undefined;
  readonly ctxId: string | null;
  readonly failure: Failure | undefined;
}

/** One call that is under way. */
export interface WatchedCall {
  /** Trace context for this call, when it has one of its own. */
  readonly traceparent: string | undefined;
  /** Told exactly once. */
  end(report: CallReport): void;
}

/** Told of every call to ContactSwing, for logs, metrics and traces. */
export interface CallWatcher {
  start(operation: CallOperation, caller: Caller): WatchedCall;
  holdBack(reason: HoldReason): void;
}
