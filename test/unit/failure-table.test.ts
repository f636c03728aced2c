import { expect, test } from "@jest/globals";
import type { FailureKind } from "../../src/failures/failure.ts";
import { type FailureRow, failureTable, type Outcome } from "../../src/failures/failure-table.ts";

const rows: [string, FailureRow][] = Object.entries(failureTable);

test.each(rows)("promises for %s no more than it can keep", (_kind, row) => {
  // What may exist must not be sent again, and what was never sent cannot exist.
  if (row.retryable) expect(row.outcome).toBe("NOT_CREATED");
  // A write that may be sent again without risk is one that a read may be, too.
  if (row.retryable) expect(row.retryableRead).toBe(true);
  expect(row.code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  for (const text of [row.message, row.when, row.advice]) expect(text).toMatch(/^.{5,}\.$/);
});

// What callers build on, written out a second time: a change of the table is a change for them.
test.each<[FailureKind, string, Outcome, boolean, boolean]>([
  ["token-missing", "UNAUTHENTICATED", "NOT_CREATED", false, false],
  ["token-invalid", "UNAUTHENTICATED", "NOT_CREATED", false, false],
  ["keys-unavailable", "AUTH_UNAVAILABLE", "NOT_CREATED", true, true],
  ["input-invalid", "BAD_USER_INPUT", "NOT_CREATED", false, false],
  ["variable-invalid", "BAD_USER_INPUT", "NOT_CREATED", false, false],
  ["input-rejected", "BAD_USER_INPUT", "NOT_CREATED", false, false],
  ["token-rejected", "UNAUTHENTICATED", "NOT_CREATED", false, false],
  ["forbidden", "FORBIDDEN", "NOT_CREATED", false, false],
  ["conflict", "CONFLICT", "NOT_CREATED", false, false],
  ["rate-limited", "RATE_LIMITED", "NOT_CREATED", true, true],
  ["request-refused", "UPSTREAM_ERROR", "NOT_CREATED", false, false],
  ["server-error", "UPSTREAM_ERROR", "UNKNOWN", false, true],
  ["connection-lost", "UPSTREAM_ERROR", "UNKNOWN", false, true],
  ["unreachable", "UPSTREAM_UNAVAILABLE", "NOT_CREATED", true, true],
  ["circuit-open", "UPSTREAM_UNAVAILABLE", "NOT_CREATED", true, true],
  ["timeout", "UPSTREAM_TIMEOUT", "UNKNOWN", false, true],
  ["timeout-after-created", "UPSTREAM_TIMEOUT", "CREATED", false, true],
  ["bad-response", "UPSTREAM_BAD_RESPONSE", "UNKNOWN", false, false],
  ["bad-response-after-created", "UPSTREAM_BAD_RESPONSE", "CREATED", false, false],
  ["overloaded", "OVERLOADED", "NOT_CREATED", true, true],
  ["idempotency-key-reused", "IDEMPOTENCY_KEY_REUSED", "NOT_CREATED", false, false],
  ["outcome-unknown", "OUTCOME_UNKNOWN", "UNKNOWN", false, false],
  ["outcome-unknown-after-created", "OUTCOME_UNKNOWN", "CREATED", false, false],
  ["idempotency-unavailable", "IDEMPOTENCY_UNAVAILABLE", "NOT_CREATED", true, true],
  ["bug", "INTERNAL_SERVER_ERROR", "UNKNOWN", false, false],
])("gives %s the code %s, the outcome %s, and says of sending it again: %j, of a read: %j", (kind, ...promised) => {
  const { code, outcome, retryable, retryableRead } = failureTable[kind];

  expect([code, outcome, retryable, retryableRead]).toEqual(promised);
});
