import { expect, test } from "@jest/globals";
import { type FailureRow, failureTable } from "../../src/failures/failure-table.ts";
import { findWorstCode } from "../../src/failures/service-faults.ts";

test("no row promises more than is certain", () => {
  for (const [kind, row] of Object.entries<FailureRow>(failureTable)) {
    // What may exist must not be sent again, and a write that may be sent again is a read that may be.
    if (row.retryable) expect([kind, row.outcome, row.retryableRead]).toEqual([kind, "NOT_CREATED", true]);
  }
});

test.each([
  [undefined, undefined],
  [["CONFLICT", "BAD_USER_INPUT"], "CONFLICT"],
  [["", "OVERLOADED"], "OVERLOADED"],
  [["UNAUTHENTICATED", "IDEMPOTENCY_UNAVAILABLE"], "IDEMPOTENCY_UNAVAILABLE"],
  [["CONFLICT", "UPSTREAM_BAD_RESPONSE"], "UPSTREAM_BAD_RESPONSE"],
  [["UPSTREAM_ERROR", "INTERNAL_SERVER_ERROR"], "INTERNAL_SERVER_ERROR"],
])("the worst code of %j, which says who has to act, is %s", (codes, worst) => {
  expect(findWorstCode(codes)).toBe(worst);
});
