import { expect, test } from "@jest/globals";
import { chooseWorstCode, isServiceFault } from "../../src/failures/service-faults.ts";

test.each([
  "INTERNAL_SERVER_ERROR",
  "OVERLOADED",
  "UPSTREAM_ERROR",
  "UPSTREAM_UNAVAILABLE",
  "UPSTREAM_TIMEOUT",
  "UPSTREAM_BAD_RESPONSE",
  "IDEMPOTENCY_UNAVAILABLE",
  "AUTH_UNAVAILABLE",
])("%s is a fault of the service or of what it depends on", (code) => {
  expect(isServiceFault(code)).toBe(true);
});

test.each([
  "UNAUTHENTICATED",
  "BAD_USER_INPUT",
  "FORBIDDEN",
  "CONFLICT",
  "RATE_LIMITED",
  "IDEMPOTENCY_KEY_REUSED",
  "OUTCOME_UNKNOWN",
  "GRAPHQL_VALIDATION_FAILED",
  "PAYLOAD_TOO_LARGE",
  "OK",
  "",
])("%j is not", (code) => {
  expect(isServiceFault(code)).toBe(false);
});

test.each([
  [undefined, undefined],
  [["CONFLICT"], "CONFLICT"],
  [["CONFLICT", "FORBIDDEN"], "CONFLICT"],
  [["CONFLICT", "UPSTREAM_ERROR"], "UPSTREAM_ERROR"],
  [["UPSTREAM_ERROR", "INTERNAL_SERVER_ERROR"], "INTERNAL_SERVER_ERROR"],
])("of %j the worst is %s", (codes, worst) => {
  expect(chooseWorstCode(codes)).toBe(worst);
});
