// Writes what is generated from the code, or with --check reports which files differ from it. In a file that is partly
// written by hand, a comment `generated: <name>` begins a generated section, and a comment `/generated` ends it.
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { createSubgraphSchema } from "../src/graphql/schema.ts";
import { operations } from "../src/operations/index.ts";
import { composeSupergraph } from "./compose-supergraph.ts";
import { printErrorTables, printSandboxTable } from "./print-docs.ts";
import { listErrorSchemas, printErrorTypes, printRuleTypes } from "./print-error-types.ts";
import { printLimits, printMemory } from "./print-limits.ts";

// The schema is printed, not executed: nothing behind it is called.
const { sdl } = createSubgraphSchema(operations);

const root = new URL("..", import.meta.url).pathname;
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

/** How each file is made from what it contains now. */
const generated: Readonly<Record<string, (text: string) => string>> = {
  "schema.graphql": () => sdl,
  "docs/errors.md": (text) => replaceSections(text, printErrorTables()),
  "docs/limits.md": (text) => replaceSections(text, { limits: printLimits() }),
  "docs/memory.md": (text) => replaceSections(text, { memory: printMemory() }),
  "docs/sandbox.md": (text) => replaceSections(text, { failures: printSandboxTable() }),
  ...Object.fromEntries(
    globSync("docs/clients/*.{ts,tsx}", { cwd: root }).map((path) => [path, (text) => updateRecipe(path, text)]),
  ),
  "docs/clients/error-extensions.schema.json": updateErrorSchema,
  "deploy/compose/supergraph.graphql": printSupergraph,
};

/** The graph of deploy/compose.yaml, whose one subgraph is the service. */
function printSupergraph(): string {
  const supergraphSdl = composeSupergraph([{ name: "contactswing", url: "http://bff:4000/graphql", sdl }]);
  return `# Composed from schema.graphql by \`npm run schema\`: the graph of deploy/compose.yaml.\n${supergraphSdl.trim()}\n`;
}

/**
 * Files to copy say in their first line which release they are from, with a digest of their text: whoever has a copy sees
 * whether it is the latest one, also between releases.
 */
function updateRecipe(path: string, text: string): string {
  const isGenerated = basename(path) === "error-extensions.d.ts";
  const body = text.replace(/^\/\/ From contactswing-bff .*\n/, "");
  const updated = isGenerated ? replaceSections(body, { codes: printErrorTypes(), rules: printRuleTypes() }) : body;
  return `// ${printOrigin(path, updated)}\n${updated}`;
}

function printOrigin(path: string, text: string): string {
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 8);
  return `From contactswing-bff ${version} (${digest}): ${path}. What changes is in docs/changelog.md.`;
}

function updateErrorSchema(text: string): string {
  const schema = { ...JSON.parse(text), $comment: undefined, oneOf: listErrorSchemas() };
  schema.$comment = printOrigin("docs/clients/error-extensions.schema.json", JSON.stringify(schema));
  return `${JSON.stringify(schema, undefined, 2)}\n`;
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
