import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { buildSchema, parse, validate } from "graphql";
import { limitDocument, OperationLimitError, operationLimits } from "../../src/graphql/operation-limits.ts";

const schema = buildSchema("type Query { f: Query }");

/** A selection set as data: fields, inline fragments, and spreads of later fragments. */
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
    directives: fc.nat(6),
    fragment: fc.nat(fragmentCount - 1),
    children: fc.oneof({ depthSize: "small", depthIdentifier: "tree" }, fc.constant([]), tie("selections")),
  }),
}));

/** The fragment that a spread names: one after its own position, so that there are no cycles. */
function targetOf({ kind, fragment }: Selection, from: number): number | undefined {
  const target = from + fragment + 1;
  return kind === "spread" && target <= fragmentCount ? target : undefined;
}

const isInline = ({ kind, children }: Selection) => kind === "inline" && children.length > 0;

type Fragments = readonly (readonly Selection[])[];

/** The measure by its definition: every fragment is copied to every position where it is spread. */
function measure(set: readonly Selection[], fragments: Fragments, from: number) {
  const sum = { depth: 0, aliases: 0, directives: 0 };
  for (const selection of set) {
    const target = targetOf(selection, from);
    const inner: typeof sum =
      target === undefined
        ? measure(selection.children, fragments, from)
        : measure(fragments[target - 1] ?? [], fragments, target);
    const isField = target === undefined && !isInline(selection);
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

test("rejects exactly the operations that exceed a limit when every fragment is copied", () => {
  const seen = new Set<boolean>();
  const bodies = fc.array(selections, { minLength: fragmentCount, maxLength: fragmentCount });
  fc.assert(
    fc.property(selections, bodies, (set, fragments) => {
      const written = fragments.map((body, index) => `fragment F${index + 1} on Query ${write(body, index + 1)}`);
      const document = parse([`query ${write(set, 0)}`, ...written].join("\n"));
      const { depth, aliases, directives } = measure(set, fragments, 0);
      const isExcessive =
        depth > operationLimits.depth || aliases > operationLimits.aliases || directives > operationLimits.directives;
      seen.add(isExcessive);

      const errors = validate(schema, document, [limitDocument]);

      expect(errors.some((error) => error instanceof OperationLimitError)).toBe(isExcessive);
    }),
    { numRuns: 2000 },
  );
  expect([...seen].sort()).toEqual([false, true]);
});
