// The generated sections of docs/errors.md and docs/sandbox.md.
import { findConsequence, outcomes } from "../src/failures/consequence.ts";
import type { FailureKind } from "../src/failures/failure.ts";
import { failureTable } from "../src/failures/failure-table.ts";
import { protocolErrors } from "../src/graphql/protocol-codes.ts";
import { httpErrors } from "../src/http/error-responses.ts";
import { recipes } from "../src/sandbox/recipes.ts";
import { type Scenario, scenarios } from "../src/sandbox/scenarios.ts";
import { failureKinds, findWrites } from "./list-consequences.ts";
import { listDocumentedRules } from "./list-rules.ts";
import { printTable } from "./print-table.ts";

const code = (text: string) => `\`${text}\``;

/** For which operations a failure is retryable: a repeated update does no harm, and a repeated create request may. */
function describeRetry(kind: FailureKind): string {
  const writes = findWrites(kind);
  const retryable = writes.filter((write) => findConsequence({ kind }, write).retryable).map(({ effect }) => effect);
  if (retryable.length === writes.length) return code("true");
  const effects = [...(failureTable[kind].isTransient ? ["read"] : []), ...new Set(retryable)];
  return effects.length === 0 ? code("false") : `${effects.map((effect) => `${effect}s`).join(", ")} only`;
}

function describeOutcomes(kind: FailureKind): string {
  return [...new Set(findWrites(kind).map((write) => code(String(findConsequence({ kind }, write).outcome))))].join(
    ", ",
  );
}

/** The tables of docs/errors.md, by section. */
export function printErrorTables() {
  // In the order of each code's first row; what differs in `when` alone is one row.
  const byCode = [...Map.groupBy(failureKinds, (kind) => failureTable[kind].code).values()].flat();
  const failures = Map.groupBy(byCode, (kind) =>
    [failureTable[kind].code, describeOutcomes(kind), describeRetry(kind)].join(),
  );
  return {
    failures: printTable(
      ["code", "when", "`outcome` of a write", "`retryable`"],
      [...failures.values()].map((kinds) => {
        const [kind] = kinds as [FailureKind, ...FailureKind[]];
        const when = kinds.map((each) => failureTable[each].when).join("<br>");
        return [code(failureTable[kind].code), when, describeOutcomes(kind), describeRetry(kind)];
      }),
    ),
    outcomes: printTable(
      ["operation that", "done", "not done", "may have been done"],
      Object.entries(outcomes).map(([effect, names]) => [
        `${effect}s`,
        ...(["done", "not-done", "unknown"] as const).map((state) => code(names[state])),
      ]),
    ),
    rules: printTable(
      ["rule", "params", "message"],
      listDocumentedRules().map(({ name, params, messages }) => [
        code(name),
        params.map(code).join(", "),
        messages.join("<br>"),
      ]),
    ),
    documents: printTable(
      ["code", "when"],
      Object.entries(protocolErrors).map(([name, { when }]) => [code(name), when]),
    ),
    requests: printTable(
      ["HTTP status", "code"],
      Object.entries(httpErrors).map(([status, row]) => [status, code(row.code)]),
    ),
  };
}

/** The table of docs/sandbox.md: for each result of a create request, the scenarios and recipes that cause it. */
export function printSandboxTable(): string {
  const causes: (readonly [FailureKind | "created", string])[] = [
    ...Object.entries<Scenario>(scenarios).map(
      ([value, { create, happens }]) => [create, `${code(value.replace("sandbox:", ""))}: ${happens}`] as const,
    ),
    ...(Object.entries(recipes) as [FailureKind, string][]),
  ];
  const results = Map.groupBy(causes, ([kind]) =>
    kind === "created" ? "success" : `${code(failureTable[kind].code)}, ${describeOutcomes(kind)}`,
  );
  return printTable(
    ["result of a create request", "failure, or how to cause it"],
    [...results].map(([result, entries]) => [result, entries.map(([, cause]) => cause).join("<br>")]),
  );
}
