// What callers can meet: each kind of failure with each meaning that it can have for the operations of the registry.
import { type Consequence, findConsequence, findConsequenceAfterWrite } from "../src/failures/consequence.ts";
import type { WriteEffect } from "../src/failures/effect.ts";
import type { FailureKind } from "../src/failures/failure.ts";
import { failureTable } from "../src/failures/failure-table.ts";
import { refusals } from "../src/idempotency/idempotency-guard.ts";
import { operations } from "../src/operations/index.ts";
import type { Operation } from "../src/operations/operation.ts";

export const failureKinds = Object.keys(failureTable) as FailureKind[];

const read = { effect: "read", isRepeatable: true } as const;

/** The writes among operations that differ in what a failure means. */
function listWrites(among: readonly Operation[]) {
  const writes = among.flatMap(({ rest: { effect, isRepeatable } }) =>
    effect === "read" ? [] : [[`${effect} ${isRepeatable}`, { effect: effect as WriteEffect, isRepeatable }] as const],
  );
  return [...new Map(writes).values()];
}

export const writes = listWrites(operations);
// An operation with an idempotency key needs `readBack`.
const writesWithKeys = listWrites(operations.filter(({ rest }) => rest.readBack !== undefined));

/** Only writes with an idempotency key fail this way. */
const kindsOfKeys: ReadonlySet<FailureKind> = new Set([
  "idempotency-key-reused",
  "idempotency-unavailable",
  "outcome-unknown",
  "outcome-unknown-after-success",
]);
/** Found before any field has succeeded. */
const kindsBeforeFields: ReadonlySet<FailureKind> = new Set(["keys-unavailable", "variable-invalid"]);

/** Every meaning of a kind: for a read, for a write, for a read after a write, and for the read before a replay. */
export function listConsequences(kind: FailureKind): readonly Consequence[] {
  const ofWrites = findWrites(kind).map((write) => findConsequence({ kind }, write));
  if (kindsOfKeys.has(kind)) return ofWrites;
  const afterWrites = kindsBeforeFields.has(kind) ? [] : writes.map(findConsequenceAfterWrite);
  const beforeReplays = refusals.has(kind)
    ? []
    : writes.map((write) => findConsequence({ kind, isBeforeReplay: true }, write));
  return [findConsequence({ kind }, read), ...ofWrites, ...afterWrites, ...beforeReplays];
}

/** The writes that can fail this way. */
export function findWrites(kind: FailureKind): typeof writes {
  return kindsOfKeys.has(kind) ? writesWithKeys : writes;
}

export function isOnlyOfKeys(kind: FailureKind): boolean {
  return kindsOfKeys.has(kind);
}
