// The generated parts of docs/clients/error-extensions.d.ts and error-extensions.schema.json: the extensions by code.
import { outcomes } from "../src/failures/consequence.ts";
import type { FailureKind } from "../src/failures/failure.ts";
import { type FailureRow, failureTable } from "../src/failures/failure-table.ts";
import { protocolErrors } from "../src/graphql/protocol-codes.ts";
import { httpErrors } from "../src/http/error-responses.ts";
import { failureKinds, isOnlyOfKeys, listConsequences, writes } from "./list-consequences.ts";
import { listDocumentedRules } from "./list-rules.ts";

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

function describeFailures(code: string, kinds: readonly FailureKind[]): Shape {
  const consequences = kinds.flatMap(listConsequences);
  const named = new Set(consequences.flatMap(({ outcome }) => outcome ?? []));
  const retryable = new Set(consequences.map((consequence) => consequence.retryable));
  const extensions = kinds.flatMap((kind) => (failureTable[kind] as FailureRow).extensions ?? []);
  return {
    code,
    when: kinds.map((kind) => failureTable[kind].when),
    extensions: {
      outcome: { enum: [...named].sort() },
      retryable: { enum: [...retryable].sort() },
      ...Object.fromEntries(extensions.map((name) => [name, { $ref: `#/definitions/${name}` }])),
    },
    required: kinds.every(isOnlyOfKeys) ? ["outcome", "retryable"] : ["retryable"],
  };
}

const rejected = writes.map(({ effect }) => outcomes[effect]["not-done"]);
const failures = Map.groupBy(failureKinds, (kind) => failureTable[kind].code);
const shapes: readonly Shape[] = [
  ...[...failures].map(([code, kinds]) => describeFailures(code, kinds)),
  ...Object.entries(protocolErrors)
    .filter(([code]) => !failures.has(code))
    .map(([code, { when }]) => ({
      code,
      when: [when],
      extensions: { outcome: { enum: rejected }, retryable: { enum: [false] } },
      required: [],
    })),
  ...Object.values(httpErrors)
    .filter(({ code }) => !Object.hasOwn(protocolErrors, code))
    .map(({ code, message }) => ({ code, when: [message], extensions: {}, required: [] })),
];

/** Prints the alternatives of `Rule`. */
export function printRuleTypes(): string {
  return listDocumentedRules()
    .map(({ name }, index, { length }) => `  | "${name}"${index === length - 1 ? ";" : ""}\n`)
    .join("");
}

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

/** Lists the alternatives of the JSON Schema, which mocks and other languages use: one per code. */
export function listErrorSchemas(): readonly object[] {
  return shapes.map(({ code, extensions, required }) => {
    const all = Object.keys(extensionTypes).map((name) => [name, extensions[name] ?? false]);
    return { properties: { code: { const: code }, ...Object.fromEntries(all) }, required };
  });
}
