// Writes what is generated from the code, or with --check reports which files differ from it. In a file that is partly
// written by hand, a comment `generated: <name>` begins a generated section, and a comment `/generated` ends it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { createSubgraphSchema } from "../src/graphql/schema.ts";
import { operations } from "../src/operations/index.ts";
import { composeSupergraph } from "./compose-supergraph.ts";
import { printErrorTables, printSandboxTable } from "./print-docs.ts";
import { printErrorTypes, updateErrorSchema } from "./print-error-types.ts";
import { printLimits, printMemory } from "./print-limits.ts";

// The schema is printed, not executed: nothing behind it is called.
const { sdl } = createSubgraphSchema(operations);

/** How each file is made from what it contains now. */
const generated: Readonly<Record<string, (text: string) => string>> = {
  "schema.graphql": () => sdl,
  "docs/errors.md": (text) => replaceSections(text, printErrorTables()),
  "docs/limits.md": (text) => replaceSections(text, { limits: printLimits() }),
  "docs/memory.md": (text) => replaceSections(text, { memory: printMemory() }),
  "docs/sandbox.md": (text) => replaceSections(text, { failures: printSandboxTable() }),
  "docs/clients/error-extensions.d.ts": (text) => replaceSections(text, { codes: printErrorTypes() }),
  "docs/clients/error-extensions.schema.json": updateErrorSchema,
  "deploy/compose/supergraph.graphql": printSupergraph,
};

/** The graph of deploy/compose.yaml, whose one subgraph is the service. */
function printSupergraph(): string {
  const supergraphSdl = composeSupergraph([{ name: "contactswing", url: "http://bff:4000/graphql", sdl }]);
  return `# Composed from schema.graphql by \`npm run schema\`: the graph of deploy/compose.yaml.\n${supergraphSdl.trim()}\n`;
}

function replaceSections(text: string, sections: Readonly<Record<string, string>>): string {
  return Object.entries(sections).reduce((current, [name, content]) => {
    const section = new RegExp(`(?<= generated: ${name}\\b.*\n)[^]*?(?=.* /generated\\b)`);
    if (!section.test(current)) throw new Error(`there is no section "generated: ${name}"`);
    return current.replace(section, () => content);
  }, text);
}

for (const [name, update] of Object.entries(generated)) {
  const file = new URL(`../${name}`, import.meta.url);
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const after = update(before);
  if (after === before) continue;
  if (process.argv.includes("--check")) {
    console.error(`${name} differs from the code: run \`npm run schema\` and commit it`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, after);
  }
}
