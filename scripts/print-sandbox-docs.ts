import type { FailureKind } from "../src/failures/failure.ts";
import { type FailureRow, failureTable } from "../src/failures/failure-table.ts";
import { recipes } from "../src/sandbox/recipes.ts";
import { type Scenario, scenarios } from "../src/sandbox/scenarios.ts";

const introduction = `# The sandbox: every failure on demand

A small ContactSwing with its actions in memory. It accepts one token, answers as FastAPI and Cloud Run do, and plays a
failure when a create's \`name\`, or the \`id\` of a read, is one of the magic values below, much like the test cards of a
payment provider. Nothing is faked in the service: it meets the real answer, or the real silence, on a real connection.

- \`npm run dev\` starts it together with the service, with the demo token filled in in the playground.
- \`npm run sandbox\` starts it alone, at \`http://127.0.0.1:4010\`, and prints its token. \`PORT\`, \`HOST\` and
  \`SANDBOX_TOKEN\` are honoured. A service is pointed at it with \`CONTACTSWING_URL\`. The well-known demo token is refused
  by a production start, so the sandbox makes up a new token at each start unless \`SANDBOX_TOKEN\` is set.

\`\`\`graphql
mutation {
  createDataExtractionAction(input: { name: "sandbox:429", webhook: {} }) {
    action {
      id
    }
  }
}
\`\`\`

What each code means, and what a user interface does about it: [errors.md](errors.md).

## Creates: magic values of \`name\``;

const afterCreates = `Another name that begins with \`sandbox:\` is a 400, so that a typing error is no success. With \`sandbox:details-\` and the
rest of a value that also works for reads (\`sandbox:details-500\`) the create succeeds and reading its details fails: ask
for \`action { id isActive }\` to see a payload that stands and a field that does not, with \`outcome\` \`CREATED\`.

## Reads: magic values of \`id\`

Errors of reads have no \`outcome\`. \`sandbox:example\` is an action that exists from the start, \`sandbox:other-type\` one of
another type, which is null. Any other unknown id is null, as ContactSwing's 404.`;

const beforeRecipes = `## Failures that no single answer of ContactSwing makes`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

const code = (value: unknown) => `\`${value}\``;

function describeCreate(kind: FailureKind | "created"): string[] {
  if (kind === "created") return ["none", code("CREATED"), ""];
  const row: FailureRow = failureTable[kind];
  return [code(row.code), code(row.outcome), code(row.retryable)];
}

function describeRead(kind: FailureKind | "found"): string[] {
  if (kind === "found") return ["none", ""];
  const row: FailureRow = failureTable[kind];
  return [code(row.code), code(row.retryableRead)];
}

/** `docs/sandbox.md`: the scenarios and recipes, with what the failure table makes of them. */
export function printSandboxDocument(): string {
  const entries: [string, Scenario][] = Object.entries(scenarios);
  const creates = entries.map(([value, { happens, create }]) => [code(value), happens, ...describeCreate(create)]);
  const reads = entries.flatMap(([value, { happens, read }]) =>
    read === undefined ? [] : [[code(value), happens, ...describeRead(read)]],
  );
  const others = (Object.entries(recipes) as [FailureKind, string][]).map(([kind, recipe]) => [
    recipe,
    ...describeCreate(kind),
  ]);
  const parts = [
    introduction,
    table(["`name`", "what the sandbox does", "`code`", "`outcome`", "`retryable`"], creates),
    afterCreates,
    table(["`id`", "what the sandbox does", "`code`", "`retryable`"], reads),
    beforeRecipes,
    table(["how to bring it about", "`code`", "`outcome`", "`retryable`"], others),
  ];
  return `${parts.map((part) => part.trim()).join("\n\n")}\n`;
}
