import { expect, test } from "@jest/globals";
import { type FailureRow, failureTable } from "../../src/failures/failure-table.ts";
import { findWorstCode, isServiceFault } from "../../src/failures/service-faults.ts";

test("no row promises more than is certain", () => {
  for (const [kind, row] of Object.entries<FailureRow>(failureTable)) {
    // What may exist must not be sent again, and a write that may be sent again is a read that may be.
    if (row.retryable) expect([kind, row.outcome, row.retryableRead]).toEqual([kind, "NOT_CREATED", true]);
  }
});

test.each([
  ["INTERNAL_SERVER_ERROR", true],
  ["OVERLOADED", true],
  ["UPSTREAM_BAD_RESPONSE", true],
  ["IDEMPOTENCY_UNAVAILABLE", true],
  ["UNAUTHENTICATED", false],
  ["BAD_USER_INPUT", false],
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
