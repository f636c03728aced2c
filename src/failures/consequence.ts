import type { Effect, WriteEffect, WriteState } from "./effect.ts";
import type { Failure } from "./failure.ts";
import { type FailureRow, failureTable } from "./failure-table.ts";

/**
 * The answer to the caller's question after a failed write: has it been done? `UNKNOWN` means that it may have been, a
 * value that begins with `NOT_` that it has not, and any other value that it has.
 */
export const outcomes = {
  create: { "not-done": "NOT_CREATED", unknown: "UNKNOWN", done: "CREATED" },
  update: { "not-done": "NOT_UPDATED", unknown: "UNKNOWN", done: "UPDATED" },
  delete: { "not-done": "NOT_DELETED", unknown: "UNKNOWN", done: "DELETED" },
} as const satisfies Record<WriteEffect, Record<WriteState, string>>;
export type Outcome = (typeof outcomes)[WriteEffect][WriteState];

/** What the consequence of a failure depends on besides its kind. */
export interface FailedOperation {
  readonly effect: Effect;
  /** Whether sending the same request again has the same effect as sending it once. */
  readonly isRepeatable: boolean;
}

export interface Consequence {
  /** Absent for reads. */
  readonly outcome?: Outcome;
  /** Whether the same request can be sent again, without any risk, and may succeed then. */
  readonly retryable: boolean;
}

/** What a failure means for the operation that failed. */
export function findConsequence(failure: Failure, { effect, isRepeatable }: FailedOperation): Consequence {
  const { write, isTransient }: FailureRow = failureTable[failure.kind];
  if (effect === "read") return { retryable: isTransient };
  if (failure.isBeforeReplay) return { outcome: outcomes[effect].unknown, retryable: isTransient };
  const isSafe = write === "not-done" || (write === "unknown" && isRepeatable);
  return { outcome: outcomes[effect][write], retryable: isTransient && isSafe };
}

/** What a failure after a successful write means: a part of the payload is missing, and the rest stays. */
export function findConsequenceAfterWrite({ effect }: { readonly effect: WriteEffect }): Consequence {
  return { outcome: outcomes[effect].done, retryable: false };
}
