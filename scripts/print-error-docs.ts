import { failureTable } from "../src/failures/failure-table.ts";
import { protocolCodes } from "../src/graphql/protocol-codes.ts";
import { protocolFailures } from "../src/http/protocol-failures.ts";

type Row = readonly string[];

function printTable(head: Row, rows: readonly Row[]): string {
  const cells = [head, head.map(() => "---"), ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  return cells.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

const code = (text: string) => `\`${text}\``;
const yes = (isSo: boolean) => (isSo ? "yes" : "no");

/** Prints `docs/errors.md` from the tables that the service itself reads. */
export function printErrorDocs(): string {
  // Rows of one code stand together, in the order of each code's first row.
  const rows = Object.values(failureTable);
  const codes = [...new Set<string>(rows.map((row) => row.code))];
  const callRows = codes.flatMap((name) =>
    rows
      .filter((row) => row.code === name)
      .map((row) => [
        code(row.code),
        row.when,
        code(row.outcome),
        code(String(row.retryable)),
        yes(row.retryableRead),
        row.advice,
      ]),
  );
  const documentRows = Object.entries(protocolCodes).map(([name, { when, advice }]) => [code(name), when, advice]);
  const requestRows = Object.entries(protocolFailures).map(([status, row]) => [status, code(row.code), row.message]);

  return `<!-- Printed by \`npm run schema\` from src/failures/failure-table.ts, src/graphql/protocol-codes.ts and
src/http/protocol-failures.ts: change those. -->

# Errors

Every error has a \`code\` to act on, and every error of a write says two things more: whether the action exists now
(\`outcome\`) and whether the same call can be sent again without any risk of a second action (\`retryable\`). The message is
for people; do not read facts out of it.

\`\`\`json
{
  "message": "ContactSwing rejected the input. input.webhook.syncField: Field required",
  "path": ["createDataExtractionAction"],
  "extensions": {
    "code": "BAD_USER_INPUT",
    "requestId": "6323832a-dd71-44c8-adbc-09266ece6370",
    "outcome": "NOT_CREATED",
    "retryable": false,
    "fieldErrors": [
      { "path": ["input", "webhook", "syncField"], "message": "Field required", "rule": "missing" }
    ],
    "upstream": { "status": 422, "ctxId": "2cf3667e-6c4e-4004-aa08-cc50d5f6fe82" }
  }
}
\`\`\`

## What \`extensions\` says

${printTable(
  ["field", "on", "meaning"],
  [
    [code("code"), "every error", "What happened: the tables below."],
    [
      code("requestId"),
      "every error",
      "Also the response header `x-request-id`, and in the service's log. Show it where a user may ask for help.",
    ],
    [
      code("outcome"),
      "errors of the mutation",
      "`CREATED`: the action exists. `NOT_CREATED`: it does not. `UNKNOWN`: nobody can say; look before another try.",
    ],
    [
      code("retryable"),
      "errors of an executed operation",
      "True only when the same call can be sent again as it is. For a write that implies `NOT_CREATED`.",
    ],
    [
      code("fieldErrors"),
      "`BAD_USER_INPUT`",
      "One entry a problem: `path` from the argument to the input field, as the schema names it; `message` for people; " +
        "`rule`, the name of what was broken. Rules of this service, of ContactSwing and of GraphQL's types share this form. " +
        "An empty path belongs to no input field.",
    ],
    [
      code("retryAfterSeconds"),
      "errors that pass",
      "Whole seconds after which another try makes sense, where that is known.",
    ],
    [
      code("upstream"),
      "errors from ContactSwing",
      "`status`: the HTTP status of its answer. `ctxId`: its own id of the call, or null; for its support.",
    ],
  ],
)}

An error under a mutation's payload (its \`path\` has more than one step) is about the details of an action that exists:
its \`outcome\` is \`CREATED\` and \`retryable\` is false, whatever its code. Several writes of one operation succeed and fail
each by itself.

No message, path or field holds the token, a host, a URL or a stack. Messages of \`BAD_USER_INPUT\`, \`FORBIDDEN\` and
\`CONFLICT\` may be ContactSwing's own words, as plain text of at most 500 characters, which may quote what the caller sent.

## A call that failed

HTTP 200, but for variables that do not fit their types (400). The last column but one is for reads, which have no
\`outcome\`: whether \`retryable\` is true there.

${printTable(["code", "when", "`outcome`", "`retryable`", "a read again?", "what a user interface does"], callRows)}

## A document that was not executed

HTTP 400, 405 for a mutation by GET, or 404 for an unknown persisted query. Nothing was executed, so nothing was created.

${printTable(["code", "when", "what to do"], documentRows)}

## A request that was not taken

Answered before there is any GraphQL, in the same form. Nothing was executed, so nothing was created.

${printTable(["HTTP", "code", "message"], requestRows)}
`;
}
