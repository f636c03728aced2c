import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { explainFailure } from "./recipes/explain-failure";
import type { Failure } from "./recipes/read-failure";

const schema = JSON.parse(readFileSync(`${import.meta.dirname}/recipes/error-extensions.schema.json`, "utf8"));
const codes: string[] = schema.oneOf.map(
  (each: { properties: { code: { const: string } } }) => each.properties.code.const,
);
const saysNothing = /nothing was created|created nothing/i;

function explain(code: string, extensions: object, mayExist: boolean): string {
  return explainFailure({ message: "Refused", requestId: "1", code, ...extensions } as Failure, mayExist);
}

test.each(codes)("what is said about %s is true of this attempt and of earlier ones", (code) => {
  for (const retryable of [true, false]) {
    const notCreated = { outcome: "NOT_CREATED", retryable };
    expect(explain(code, notCreated, false)).toMatch(saysNothing);
    expect(explain(code, notCreated, true)).toMatch(/\bmay have\b/);
    expect(explain(code, notCreated, true)).not.toMatch(/nothing was created/i);
    for (const mayExist of [true, false]) {
      expect(explain(code, { outcome: "UNKNOWN", retryable }, mayExist)).toMatch(/^The action may have been created/);
      expect(explain(code, { outcome: "CREATED", retryable: false }, mayExist)).toMatch(/^The action was created/);
    }
  }
});

test.each([
  [undefined, "in a moment"],
  [5, "in 5 s"],
  [3600, "in 60 minutes"],
])("after retryAfterSeconds of %p the user is told to try again %s", (retryAfterSeconds, expected) => {
  const text = explain("RATE_LIMITED", { outcome: "NOT_CREATED", retryable: true, retryAfterSeconds }, false);
  expect(text).toBe(`Nothing was created. ContactSwing accepts no more requests for now. Try again ${expected}.`);
});
