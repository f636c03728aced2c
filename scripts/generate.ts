// Writes the files that are generated from the code, or with --check reports which of them differ.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { createSubgraphSchema } from "../src/graphql/schema.ts";
import { printErrorDocs } from "./print-error-docs.ts";
import { printErrorSchema, printErrorTypes } from "./print-error-types.ts";
import { printSandboxDocs } from "./print-sandbox-docs.ts";

// The schema is printed, not executed: nothing behind it is called.
const { sdl } = createSubgraphSchema({} as never);

const generated: Readonly<Record<string, () => string>> = {
  "schema.graphql": () => sdl,
  "docs/errors.md": printErrorDocs,
  "docs/sandbox.md": printSandboxDocs,
  "docs/clients/error-extensions.d.ts": printErrorTypes,
  "docs/clients/error-extensions.schema.json": printErrorSchema,
};

const isCheck = process.argv.includes("--check");
const outdated = Object.entries(generated).filter(([name, print]) => {
  const file = new URL(`../${name}`, import.meta.url);
  const text = print();
  if (isCheck) return !existsSync(file) || readFileSync(file, "utf8") !== text;
  writeFileSync(file, text);
  return false;
});
for (const [name] of outdated) console.error(`${name} differs from the code: run \`npm run schema\` and commit it`);
process.exit(outdated.length > 0 ? 1 : 0);
