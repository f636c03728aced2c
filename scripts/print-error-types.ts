// The generated parts of docs/clients/error-extensions.d.ts and error-extensions.schema.json: the extensions by code.
import type { FailureKind } from "../src/failures/failure.ts";
import { type FailureRow, failureTable } from "../src/failures/failure-table.ts";
import { protocolErrors } from "../src/graphql/protocol-errors.ts";
import { httpErrors } from "../src/http/error-responses.ts";

/** What the errors with a code have, with a JSON Schema of each extension. */
interface Shape {
  readonly code: string;
  readonly when: readonly string[];
  readonly extensions: Readonly<Record<string, { readonly enum?: readonly unknown[]; readonly $ref?: string }>>;
  readonly required: readonly string[];
}

const extensionTypes = {
  outcome: "Outcome",
  retryable: "boolean",
  fieldErrors: "readonly FieldError[]",
  retryAfterSeconds: "number",
  upstream: "Upstream",
};

const toCode = (kind: FailureKind): string => failureTable[kind].code;

/** Only create requests with an idempotency key fail with these, and every create request has an outcome. */
const keyCodes = (["idempotency-key-reused", "idempotency-unavailable", "outcome-unknown"] as const).map(toCode);

/** With any other code, it may be that the action was created, and only its details could not be loaded. */
const codesWithoutDetails = [...keyCodes, toCode("keys-unavailable")];
const failedDetails = { outcome: "CREATED", retryable: false, retryableRead: false } as const;

function describeFailures(code: string, rows: readonly FailureRow[]): Shape {
  const cases = codesWithoutDetails.includes(code) ? rows : [...rows, failedDetails];
  const outcomes = new Set(cases.map(({ outcome }) => outcome));
  const retryable = new Set(cases.flatMap((row) => [row.retryable, row.retryableRead]));
  return {
    code,
    when: rows.map(({ when }) => when),
    extensions: {
      outcome: { enum: [...outcomes].sort() },
      retryable: { enum: [...retryable].sort() },
      ...Object.fromEntries(
        rows.flatMap(({ extensions = [] }) => extensions).map((name) => [name, { $ref: `#/definitions/${name}` }]),
      ),
    },
    required: keyCodes.includes(code) ? ["outcome", "retryable"] : ["retryable"],
  };
}

const failures = Map.groupBy(Object.values<FailureRow>(failureTable), ({ code }) => code);
const shapes: readonly Shape[] = [
  ...[...failures].map(([code, rows]) => describeFailures(code, rows)),
  ...Object.entries(protocolErrors).map(([code, { when }]) => ({
    code,
    when: [when],
    extensions: { outcome: { enum: ["NOT_CREATED"] }, retryable: { enum: [false] } },
    required: [],
  })),
  ...Object.values(httpErrors)
    .filter(({ code }) => !Object.hasOwn(protocolErrors, code))
    .map(({ code, message }) => ({ code, when: [message], extensions: {}, required: [] })),
];

/** Prints the members of `ExtensionsByCode`. */
export function printErrorTypes(): string {
  const members = shapes.map(({ code, when, extensions, required }) => {
    const fields = Object.entries(extensionTypes).flatMap(([name, type]) => {
      const schema = extensions[name];
      if (schema === undefined) return [];
      const values = schema.enum?.map((value) => JSON.stringify(value));
      return [`    readonly ${name}${required.includes(name) ? "" : "?"}: ${values?.join(" | ") ?? type};\n`];
    });
    const comments = when.map((sentence) => `  // ${sentence}\n`);
    return `${comments.join("")}  readonly ${code}: ${fields.length === 0 ? "object" : `{\n${fields.join("")}  }`};\n`;
  });
  return members.join("");
}

/** Replaces the alternatives of the JSON Schema, which mocks and other languages use, by one per code. */
export function updateErrorSchema(text: string): string {
  const oneOf = shapes.map(({ code, extensions, required }) => {
    const all = Object.keys(extensionTypes).map((name) => [name, extensions[name] ?? false]);
    return { properties: { code: { const: code }, ...Object.fromEntries(all) }, required };
  });
  return `${JSON.stringify({ ...JSON.parse(text), oneOf }, undefined, 2)}\n`;
}
