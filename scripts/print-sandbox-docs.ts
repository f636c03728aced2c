import type { FailureKind } from "../src/failures/failure.ts";
import { type FailureRow, failureTable } from "../src/failures/failure-table.ts";
import { recipes } from "../src/sandbox/recipes.ts";
import { type Scenario, scenarios } from "../src/sandbox/scenarios.ts";

const code = (value: string) => `\`${value}\``;

function describeCreate(kind: FailureKind | "created"): string {
  if (kind === "created") return "success";
  const row: FailureRow = failureTable[kind];
  return `${code(row.code)}, ${code(row.outcome)}`;
}

/** One row per result of a create request: the scenarios that have it, and the recipes. */
function printFailures(): string {
  const played = Object.entries<Scenario>(scenarios).map(([value, { happens, create }]) => ({
    result: describeCreate(create),
    cause: `${code(value.replace("sandbox:", ""))}: ${happens}`,
  }));
  const described = Object.entries(recipes).map(([kind, cause]) => ({
    result: describeCreate(kind as FailureKind),
    cause,
  }));
  return [...Map.groupBy([...played, ...described], ({ result }) => result)]
    .map(([result, rows]) => `| ${result} | ${rows.map(({ cause }) => cause).join("<br>")} |`)
    .join("\n");
}

/** Prints `docs/sandbox.md`: the scenarios and recipes, with what the failure table makes of them. */
export function printSandboxDocs(): string {
  return `# The sandbox: every failure on demand

A small ContactSwing with its actions in memory. It responds as FastAPI and Cloud Run do, over real connections, and
plays failures on demand, like the test cards of a payment provider.

- \`npm run dev\` starts it together with the service. The playground has the demo token and a picker for the failures.
- \`npm run sandbox\` starts it alone, at \`http://127.0.0.1:4010\`, and prints its token. It reads \`PORT\`, \`HOST\`, and
  \`SANDBOX_TOKEN\`; without the last, it makes up a token, because services in production reject the demo token. Point a
  service at it with \`CONTACTSWING_URL\`.

## How to select a failure

- For one request of any kind, send \`x-request-id: sandbox-429\`; anything may follow a dot.
- For every request of a client, append \`.sandbox-429\` to the token.
- To create an action, use \`sandbox:429\` as the \`name\`; to read one, use it as the \`id\`.
- For the details of a created action, create \`sandbox:details-429\` and select \`isActive\`.

An unknown failure is a 400; as an \`id\` it is not found. \`sandbox:example\` is an action that always exists, and
\`sandbox:other-type\` one of another kind.

## Failures

A read fails with the same code, except that \`404\` is null for a read by ID, and \`422\` is
\`${failureTable["bad-response"].code}\` for the list. [Errors](errors.md) says what each code means.

| result of a create request | failure, or how to cause it |
| --- | --- |
${printFailures()}
`;
}
