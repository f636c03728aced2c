// Writes the files that are printed from the code, or with --check says which of them differ.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { printSandboxDocs } from "../scripts/print-sandbox-docs.ts";
import { createSubgraphSchema } from "../src/graphql/schema.ts";
import { printErrorDocs } from "./print-error-docs.ts";
import { printComposeSupergraph } from "./supergraph.ts";

// The schema is printed, not executed: nothing behind it is called.
const { sdl } = createSubgraphSchema({} as never, {} as never);

const generated: Readonly<Record<string, () => string>> = {
  "schema.graphql": () => sdl,
  "docs/errors.md": printErrorDocs,
  "docs/sandbox.md": printSandboxDocs,
  "deploy/compose/supergraph.graphql": () => printComposeSupergraph(sdl),
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
