// Compares schema.graphql with the last release's, docs/schema-baseline.graphql: a breaking change needs a line in
// docs/changelog.md. A clone without tags, as CI may make one, gives the same result.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { GraphQLError, parse } from "graphql";
import { judgeSchemaChange } from "./judge-schema-change.ts";

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

function findSyntaxError(file: string): string | undefined {
  try {
    parse(read(file));
    return undefined;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const [{ line, column } = { line: 0, column: 0 }] = error.locations ?? [];
    return `${file}:${line}:${column} is not valid GraphQL: ${error.message.replace(/^Syntax Error: /, "")}`;
  }
}

async function findProblems(): Promise<string[]> {
  const syntaxErrors = [schemaFile, baselineFile].flatMap((file) => findSyntaxError(file) ?? []);
  if (syntaxErrors.length > 0) return syntaxErrors;
  const baseline = read(baselineFile);
  const { breaking, dangerous } = await judgeSchemaChange(baseline, read(schemaFile), read(changelogFile));
  for (const message of dangerous) console.log(`note, clients may not expect this: ${message}`);
  for (const { message } of breaking.filter(({ isDeclared }) => isDeclared)) {
    console.log(`breaking, declared in ${changelogFile}: ${message}`);
  }
  const released = readReleasedSchema();
  return [
    ...(released !== undefined && released !== baseline
      ? [`${baselineFile} is not the schema that the current version was released with`]
      : []),
    ...breaking
      .filter(({ isDeclared }) => !isDeclared)
      .map(
        ({ name, message }) =>
          `breaking: ${message}; name \`${name}\` under "## Unreleased" in ${changelogFile}, or undo it`,
      ),
  ];
}

try {
  const problems = await findProblems();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
} catch (error) {
  // For example a field of a type that is not there.
  console.error(`${schemaFile} is not a valid schema: ${(error as Error).message}`);
  process.exitCode = 1;
}
