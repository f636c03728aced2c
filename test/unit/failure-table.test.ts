import { expect, test } from "@jest/globals";
import type { FailureKind } from "../../src/failures/failure.ts";
import { type FailureRow, failureTable, type Outcome } from "../../src/failures/failure-table.ts";
import { findWorstCode, isServiceFault } from "../../src/failures/service-faults.ts";

test("no row promises more than is certain", () => {
  for (const [kind, row] of Object.entries<FailureRow>(failureTable)) {
    // What may exist must not be sent again, and a write that may be sent again is a read that may be.
    if (row.retryable) expect([kind, row.outcome, row.retryableRead]).toEqual([kind, "NOT_CREATED", true]);
  }
});

// What callers depend on, written out a second time: a change of the table is a change for them.
const promises: readonly [FailureKind, string, Outcome, boolean, boolean][] = [
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
  ["request-rejected", "UPSTREAM_ERROR", "NOT_CREATED", false, false],
  ["server-error", "UPSTREAM_ERROR", "UNKNOWN", false, true],
  ["connection-lost", "UPSTREAM_ERROR", "UNKNOWN", false, true],
  ["unreachable", "UPSTREAM_UNAVAILABLE", "NOT_CREATED", true, true],
  ["circuit-open", "UPSTREAM_UNAVAILABLE", "NOT_CREATED", true, true],
  ["timeout", "UPSTREAM_TIMEOUT", "UNKNOWN", false, true],
  ["timeout-after-created", "UPSTREAM_TIMEOUT", "CREATED", false, true],
  ["bad-response", "UPSTREAM_BAD_RESPONSE", "UNKNOWN", false, false],
  ["bad-response-after-created", "UPSTREAM_BAD_RESPONSE", "CREATED", false, false],
  ["not-found-after-created", "UPSTREAM_ERROR", "CREATED", false, false],
  ["overloaded", "OVERLOADED", "NOT_CREATED", true, true],
  ["idempotency-key-reused", "IDEMPOTENCY_KEY_REUSED", "NOT_CREATED", false, false],
  ["outcome-unknown", "OUTCOME_UNKNOWN", "UNKNOWN", false, false],
  ["outcome-unknown-after-created", "OUTCOME_UNKNOWN", "CREATED", false, false],
  ["idempotency-unavailable", "IDEMPOTENCY_UNAVAILABLE", "NOT_CREATED", true, true],
  ["bug", "INTERNAL_SERVER_ERROR", "UNKNOWN", false, false],
];

test("every kind has the code, the outcome, and the advice on retries that callers depend on", () => {
  const rows = Object.entries<FailureRow>(failureTable).map(([kind, { code, outcome, retryable, retryableRead }]) => [
    kind,
    code,
    outcome,
    retryable,
    retryableRead,
  ]);

  expect(rows.sort()).toEqual([...promises].sort());
});

test.each([
  ["INTERNAL_SERVER_ERROR", true],
  ["OVERLOADED", true],
  ["UPSTREAM_BAD_RESPONSE", true],
  ["IDEMPOTENCY_UNAVAILABLE", true],
  ["AUTH_UNAVAILABLE", true],
  ["UNAUTHENTICATED", false],
  ["BAD_USER_INPUT", false],
  ["RATE_LIMITED", false],
  ["OUTCOME_UNKNOWN", false],
  ["GRAPHQL_VALIDATION_FAILED", false],
  ["PAYLOAD_TOO_LARGE", false],
  ["ABORTED", false],
  ["", false],
])("%j counts as a fault of the service or its dependencies: %s", (code, isFault) => {
  expect(isServiceFault(code)).toBe(isFault);
});

test.each([
  [undefined, undefined],
  [["CONFLICT", "FORBIDDEN"], "CONFLICT"],
  [["CONFLICT", "UPSTREAM_ERROR"], "UPSTREAM_ERROR"],
  [["UPSTREAM_ERROR", "INTERNAL_SERVER_ERROR"], "INTERNAL_SERVER_ERROR"],
])("the worst code of %j is %s", (codes, worst) => {
  expect(findWorstCode(codes)).toBe(worst);
});
