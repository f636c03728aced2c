// Judges schema.graphql against the last release's, docs/schema-baseline.graphql: a breaking change needs a line in
// docs/changelog.md. A clone without tags, as CI may make one, judges the same.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { judgeSchemaChange } from "./judge-schema-change.ts";

const root = process.argv[2] ?? new URL("..", import.meta.url).pathname;
const baselineFile = "docs/schema-baseline.graphql";
const changelogFile = "docs/changelog.md";

const read = (file: string) => readFileSync(join(root, file), "utf8");

/** schema.graphql as the current version was released with; undefined while it is not, and in a clone without its tag. */
function readReleasedSchema(): string | undefined {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  const { status, stdout } = spawnSync("git", ["show", `v${version}:schema.graphql`], { cwd: root, encoding: "utf8" });
  return status === 0 ? stdout : undefined;
}

const baseline = read(baselineFile);
const released = readReleasedSchema();
const problems: string[] = [];
if (released !== undefined && released !== baseline) {
  problems.push(`${baselineFile} is not the schema that the current version was released with`);
}
for (const { name, message, isDeclared } of await judgeSchemaChange(
  baseline,
  read("schema.graphql"),
  read(changelogFile),
)) {
  if (isDeclared) console.log(`breaking, as ${changelogFile} says: ${message}`);
  else problems.push(`breaking: ${message}; name \`${name}\` under "## Unreleased" in ${changelogFile}, or undo it`);
}
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
