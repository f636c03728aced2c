// Compares schema.graphql with the last release's, docs/schema-baseline.graphql: a breaking change needs a line in
// docs/changelog.md. A clone without tags, as CI may make one, gives the same result.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { findBreakingChanges } from "./breaking-changes.ts";

const root = process.argv[2] ?? new URL("../..", import.meta.url).pathname;
const schemaFile = "schema.graphql";
const baselineFile = "docs/schema-baseline.graphql";
const changelogFile = "docs/changelog.md";

const read = (file: string) => readFileSync(join(root, file), "utf8");

/** The schema that the current version was released with; undefined before its release, and in a clone without its tag. */
function readReleasedSchema(): string | undefined {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  const { status, stdout } = spawnSync("git", ["show", `v${version}:${schemaFile}`], { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}

const problems: string[] = [];
const baseline = read(baselineFile);
if (baseline !== (readReleasedSchema() ?? baseline)) {
  problems.push(`${baselineFile} is not the schema that the current version was released with`);
}
for (const { name, message, isDeclared } of await findBreakingChanges(
  baseline,
  read(schemaFile),
  read(changelogFile),
)) {
  if (isDeclared) console.log(`breaking, declared in ${changelogFile}: ${message}`);
  else problems.push(`breaking: ${message}; name \`${name}\` under "## Unreleased" in ${changelogFile}, or undo it`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
