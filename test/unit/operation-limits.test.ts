import { expect, test } from "@jest/globals";
import { buildSchema, parse, validate } from "graphql";
import { limitDocument, OperationLimitError, operationLimits } from "../../src/graphql/operation-limits.ts";

const schema = buildSchema("type Query { f: Query }");

const levels = (count: number) => `${"{ f ".repeat(count)}${"}".repeat(count)}`;
const aliases = (count: number) => `{ f ${"a: f ".repeat(count)}}`;

// A fragment counts wherever it is spread, as if it were copied there.
test.each<[keyof typeof operationLimits, string, (count: number) => string]>([
  ["depth", "fields", levels],
  ["depth", "an inline fragment", (count) => `{ ... ${levels(count)} f }`],
  ["depth", "and around a fragment", (count) => `{ f { ...F } } fragment F on Query ${levels(count - 1)}`],
  [
    "depth",
    "a fragment of a fragment",
    (count) => `{ ...F } fragment F on Query { f ...G } fragment G on Query ${levels(count)}`,
  ],
  [
    "aliases",
    "a fragment that is spread again",
    (count) => `{ ...F ...F ... ${aliases(count - 20)} } fragment F on Query ${aliases(10)}`,
  ],
  [
    "directives",
    "a fragment that is spread again",
    (count) => `{ ...F ...F f ${"@d ".repeat(count - 20)} } fragment F on Query ${"@d ".repeat(10)} { f }`,
  ],
  [
    "directives",
    "all places",
    (count) => `query ($v: Int @d) @d { f @d { f @d } ... @d { f @d } ...F @d }
      fragment F on Query @d { f ${"@d ".repeat(count - 8)} }`,
  ],
])("allows the maximal %s in %s, and no more", (limit, _where, write) => {
  const isRejected = (count: number) =>
    validate(schema, parse(write(count)), [limitDocument]).some((error) => error instanceof OperationLimitError);

  expect(isRejected(operationLimits[limit])).toBe(false);
  expect(isRejected(operationLimits[limit] + 1)).toBe(true);
});
