import type { FailureKind } from "../src/failures/failure.ts";
import { type FailureRow, failureTable } from "../src/failures/failure-table.ts";
import { recipes } from "../src/sandbox/recipes.ts";
import { type Scenario, scenarios } from "../src/sandbox/scenarios.ts";

const introduction = `# The sandbox: every failure on demand

A small ContactSwing with its actions in memory. It accepts one token, responds as FastAPI and Cloud Run do, and plays
failures on demand, like the test cards of a payment provider. The service in front of it gets the real response, or a
real silence, on a real connection.

- \`npm run dev\` starts it together with the service, and keeps what was created while the service restarts on save. The
  playground has the demo token and a picker for the failures.
- \`npm run sandbox\` starts it alone, at \`http://127.0.0.1:4010\`, and prints its token. It reads \`PORT\`, \`HOST\` and
  \`SANDBOX_TOKEN\`; without the latter it makes up a token at each start. Point a service at it with \`CONTACTSWING_URL\`.
  A service in production rejects the well-known demo token.

It starts with actions of several kinds, more than one page of ten. New actions are added at the end of the list.

## How to select a failure

| for | do this | example |
| --- | --- | --- |
| one request of any kind | send \`x-request-id: sandbox-<failure>\`; anything may follow a dot | \`x-request-id: sandbox-429.7f3a\` |
| every request of a client | append \`.sandbox-<failure>\` to the token | \`contactswing-sandbox-demo-token.sandbox-429\` |
| creating an action | use it as the \`name\` | \`createDataExtractionAction(input: { name: "sandbox:429", webhook: {} })\` |
| reading an action | use it as the \`id\` | \`dataExtractionAction(id: "sandbox:429")\` |
| the details of a created action | create it as \`sandbox:details-<failure>\` and select \`isActive\` | \`name: "sandbox:details-500"\` |

The list has no name to put a failure in, so it fails by request ID or token. A failure that does not exist is a 400, so
that a typing error is not taken for a success; only as an \`id\` it is not found, like any other unknown ID.
\`sandbox:example\` is an action that exists from the start, and \`sandbox:other-type\` one of another kind, which the graph
does not find.

What each code means, and what a user interface should do about it: [errors.md](errors.md).

## Failures`;

const afterFailures = `\`extensions.code\`, with \`outcome\` and \`retryable\` of a create request, and \`retryable\` of a read. The list fails like a
read, except that a JSON 404 is \`${failureTable["request-rejected"].code}\` and a 422 \`${failureTable["bad-response"].code}\`.

## Failures that no single response causes`;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return line(head) + line(head.map(() => "---")) + rows.map(line).join("");
}

const code = (value: unknown) => `\`${value}\``;

function describeCreate(kind: FailureKind): string {
  const row: FailureRow = failureTable[kind];
  return `${code(row.code)}, ${code(row.outcome)}, ${code(row.retryable)}`;
}

function describeRead(kind: Scenario["read"]): string {
  if (kind === "found") return "success";
  if (kind === "null") return "`null`";
  const row: FailureRow = failureTable[kind];
  return `${code(row.code)}, ${code(row.retryableRead)}`;
}

/** `docs/sandbox.md`: the scenarios and recipes, with what the failure table makes of them. */
export function printSandboxDocs(): string {
  const entries: [string, Scenario][] = Object.entries(scenarios);
  const failures = entries.map(([value, { happens, create, read }]) => [
    code(value.replace("sandbox:", "")),
    happens,
    create === "created" ? "success" : describeCreate(create),
    describeRead(read),
  ]);
  const others = Object.entries(recipes).map(([kind, recipe]) => [recipe, describeCreate(kind as FailureKind)]);
  const parts = [
    introduction,
    table(["failure", "what the sandbox does", "create request", "read"], failures),
    afterFailures,
    table(["how to cause it", "create request"], others),
  ];
  return `${parts.map((part) => part.trim()).join("\n\n")}\n`;
}
