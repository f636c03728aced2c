import { expect, test } from "@jest/globals";
import { findConsequence, outcomes } from "../../src/failures/consequence.ts";
import type { Effect } from "../../src/failures/effect.ts";
import type { FailureKind } from "../../src/failures/failure.ts";
import { failureTable } from "../../src/failures/failure-table.ts";
import { findWorstCode } from "../../src/failures/service-faults.ts";

const kinds = Object.keys(failureTable) as FailureKind[];
const effects: Exclude<Effect, "read">[] = ["create", "update", "delete"];

test.each(effects)("a failed %s is sent again only if that cannot do it twice", (effect) => {
  const outcomesOf = (isRepeatable: boolean) =>
    kinds
      .map((kind) => findConsequence({ kind }, { effect, isRepeatable }))
      .flatMap(({ retryable, outcome }) => (retryable ? [outcome] : []));

  expect(new Set(outcomesOf(false))).toEqual(new Set([outcomes[effect]["not-done"]]));
  expect(new Set(outcomesOf(true))).toEqual(new Set([outcomes[effect]["not-done"], "UNKNOWN"]));
});

test("one rule reads the outcome of every kind of write", () => {
  for (const effect of effects) {
    expect(outcomes[effect].unknown).toBe("UNKNOWN");
    expect(outcomes[effect]["not-done"]).toMatch(/^NOT_/);
    expect(outcomes[effect].done).not.toMatch(/^NOT_|^UNKNOWN$/);
  }
});

test.each(kinds)("before a replay, %s never says that the write was not done", (kind) => {
  const { outcome, retryable } = findConsequence(
    { kind, isBeforeReplay: true },
    { effect: "create", isRepeatable: false },
  );

  expect([outcome, retryable]).toEqual(["UNKNOWN", failureTable[kind].isTransient]);
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
