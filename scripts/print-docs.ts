// The generated sections of docs/errors.md and docs/sandbox.md.
import type { FailureKind } from "../src/failures/failure.ts";
import { type FailureRow, failureTable } from "../src/failures/failure-table.ts";
import { protocolErrors } from "../src/graphql/protocol-errors.ts";
import { httpErrors } from "../src/http/error-responses.ts";
import { recipes } from "../src/sandbox/recipes.ts";
import { type Scenario, scenarios } from "../src/sandbox/scenarios.ts";

const code = (text: string) => `\`${text}\``;

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `\n${lines.join("\n")}\n\n`;
}

/** A failure that is retryable as a write is retryable as a read. */
function describeRetry({ retryable, retryableRead }: FailureRow): string {
  return retryableRead && !retryable ? "reads only" : code(String(retryable));
}

/** The tables of docs/errors.md, by section. */
export function printErrorTables() {
  // In the order of each code's first row; what differs in `when` alone is one row.
  const byCode = [...Map.groupBy(Object.values<FailureRow>(failureTable), (row) => row.code).values()].flat();
  const failures = Map.groupBy(byCode, (row) => [row.code, row.outcome, describeRetry(row)].join());
  return {
    failures: printTable(
      ["code", "when", "`outcome` of the mutation", "`retryable`"],
      [...failures.values()].map((rows) => {
        const [row] = rows as [FailureRow, ...FailureRow[]];
        return [code(row.code), rows.map(({ when }) => when).join("<br>"), code(row.outcome), describeRetry(row)];
      }),
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
    kind === "created" ? "success" : `${code(failureTable[kind].code)}, ${code(failureTable[kind].outcome)}`,
  );
  return printTable(
    ["result of a create request", "failure, or how to cause it"],
    [...results].map(([result, entries]) => [result, entries.map(([, cause]) => cause).join("<br>")]),
  );
}
