import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { buildSchema, parse, validate } from "graphql";
import { limitOperations, OperationLimitError, operationLimits } from "../../src/graphql/operation-limits.ts";

const schema = buildSchema("type Query { f: Query }");

/** A selection set as data: fields with or without an alias and directives, inline fragments, spreads of later fragments. */
interface Selection {
  readonly kind: "field" | "inline" | "spread";
  readonly isAliased: boolean;
  readonly directives: number;
  readonly fragment: number;
  readonly children: readonly Selection[];
}

const fragmentCount = 4;

const { selections } = fc.letrec<{ selections: readonly Selection[]; selection: Selection }>((tie) => ({
  selections: fc.array(tie("selection"), { minLength: 1, maxLength: 4, depthIdentifier: "tree" }),
  selection: fc.record({
    kind: fc.constantFrom("field" as const, "field" as const, "inline" as const, "spread" as const),
    isAliased: fc.boolean(),
    directives: fc.nat(4),
    fragment: fc.nat(fragmentCount - 1),
    children: fc.oneof({ depthSize: "small", depthIdentifier: "tree" }, fc.constant([]), tie("selections")),
  }),
}));

/** The fragment that a spread names: one of those after its own place, so that there are no circles. */
function targetOf({ kind, fragment }: Selection, from: number): number | undefined {
  const target = from + fragment + 1;
  return kind === "spread" && target <= fragmentCount ? target : undefined;
}

const isInline = ({ kind, children }: Selection) => kind === "inline" && children.length > 0;

interface Count {
  readonly fields: number;
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
}

type Fragments = readonly (readonly Selection[])[];

/** The measure by its definition: every fragment written out at every place where it is spread. */
function countExpanded(set: readonly Selection[], fragments: Fragments, from: number): Count {
  const sum = { fields: 0, depth: 0, aliases: 0, directives: 0 };
  for (const selection of set) {
    const target = targetOf(selection, from);
    const inner =
      target === undefined
        ? countExpanded(selection.children, fragments, from)
        : countExpanded(fragments[target - 1] ?? [], fragments, target);
    const isField = target === undefined && !isInline(selection);
    sum.fields += isField ? 1 : inner.fields;
    sum.depth = Math.max(sum.depth, inner.depth + (isField ? 1 : 0));
    sum.aliases += inner.aliases + (isField && selection.isAliased ? 1 : 0);
    sum.directives += inner.directives + selection.directives;
  }
  return sum;
}

function write(set: readonly Selection[], from: number): string {
  const texts = set.map((selection) => {
    const target = targetOf(selection, from);
    const directives = "@d ".repeat(selection.directives);
    if (target !== undefined) return `...F${target} ${directives}`;
    const inner = selection.children.length > 0 ? write(selection.children, from) : "";
    return `${isInline(selection) ? "..." : selection.isAliased ? "a: f" : "f"} ${directives}${inner}`;
  });
  return `{ ${texts.join(" ")} }`;
}

test("refuses exactly the operations that are over a limit when every fragment is written out", () => {
  const seen = new Set<boolean>();
  const bodies = fc.array(selections, { minLength: fragmentCount, maxLength: fragmentCount });
  fc.assert(
    fc.property(selections, bodies, (set, fragments) => {
      const written = fragments.map((body, index) => `fragment F${index + 1} on Query ${write(body, index + 1)}`);
      const document = parse([`query ${write(set, 0)}`, ...written].join("\n"));
      const count = countExpanded(set, fragments, 0);
      const isOver =
        count.fields > operationLimits.rootFields ||
        count.depth > operationLimits.depth ||
        count.aliases > operationLimits.aliases ||
        count.directives > operationLimits.directives;
      seen.add(isOver);

      const errors = validate(schema, document, [limitOperations]);

      expect(errors.some((error) => error instanceof OperationLimitError)).toBe(isOver);
    }),
    { numRuns: 2000 },
  );
  expect([...seen].sort()).toEqual([false, true]);
});

test("measures fragments that multiply without end in the time of reading them", () => {
  const fragments = Array.from(
    { length: 400 },
    (_, i) => `fragment F${i} on Query { f { ...F${i + 1} ...F${i + 1} } }`,
  );
  const document = parse(`{ f { ...F0 } } ${fragments.join(" ")} fragment F400 on Query { a: f }`);

  const errors = validate(schema, document, [limitOperations]);

  expect(errors[0]).toBeInstanceOf(OperationLimitError);
});
