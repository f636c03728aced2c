import { expect, test } from "@jest/globals";
import { type FailureRow, failureTable } from "../../src/failures/failure-table.ts";

const rows: [string, FailureRow][] = Object.entries(failureTable);

test.each(rows)("promises for %s no more than it can keep", (_kind, row) => {
  // What may exist must not be sent again, and what was never sent cannot exist.
  if (row.retryable) expect(row.outcome).toBe("NOT_CREATED");
  // A write that may be sent again without risk is one that a read may be, too.
  if (row.retryable) expect(row.retryableRead).toBe(true);
  expect(row.code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
  for (const text of [row.message, row.when, row.advice]) expect(text).toMatch(/^.{5,}\.$/);
});
