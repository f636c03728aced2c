import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { onTestEnd } from "../helpers/cleanup.ts";
import { judgeSchemaChange } from "./judge-schema-change.ts";

const released = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])
  type Query { task(id: ID!, depth: Int! = 1): Task }
  type Mutation { addTask(input: TaskInput!): Task }
  type Task @key(fields: "id") { id: ID! title: String! state: State note: String }
  enum State { OPEN DONE }
  input TaskInput { title: String! state: State! = OPEN }
`;

const change = (from: string, to: string) => {
  if (!released.includes(from)) throw new Error(`nothing to change: ${from}`);
  return released.replace(from, to);
};

async function judgeUndeclared(sdl: string) {
  return (await judgeSchemaChange(released, sdl, "## Unreleased\n")).breaking.map(({ name }) => name);
}

describe("a schema change breaks", () => {
  test.each([
    ["a removed field", change("note: String", ""), ["Task.note"]],
    [
      "a field that may be null now",
      change("title: String! state: State note", "title: String state: State note"),
      ["Task.title"],
    ],
    ["a removed argument", change("(id: ID!, depth: Int! = 1)", "(id: ID!)"), ["Query.task.depth"]],
    [
      "a new required input field",
      change("state: State! = OPEN }", "state: State! = OPEN due: String! }"),
      ["TaskInput.due"],
    ],
    ["an input field whose default went away", change("State! = OPEN", "State!"), ["TaskInput.state"]],
    ["an input field with another default", change("State! = OPEN", "State! = DONE"), ["TaskInput.state"]],
    ["an argument with another default", change("depth: Int! = 1", "depth: Int! = 2"), ["Query.task.depth"]],
    ["a removed enum value", change("OPEN DONE", "OPEN"), ["State.DONE"]],
    [
      "a removed mutation type",
      change("type Mutation { addTask(input: TaskInput!): Task }", ""),
      ["schema", "Mutation"],
    ],
    ["a type that is no entity any more", change(' @key(fields: "id")', ""), ["Task.@key"]],
    ["an entity with another key", change('@key(fields: "id")', '@key(fields: "id title")'), ["Task.@key.fields"]],
    [
      "a field that was made inaccessible",
      change("note: String", "note: String @inaccessible"),
      ["Task.note.@inaccessible"],
    ],
  ])("%s", async (_case, sdl, names) => {
    expect(await judgeUndeclared(sdl)).toEqual(expect.arrayContaining(names));
  });
});

describe("a schema change does not break", () => {
  test.each([
    ["nothing at all", released],
    ["a new field", change("note: String", "note: String due: String")],
    ["a new optional input field", change("state: State! = OPEN }", "state: State! = OPEN due: String }")],
    ["a new type", `${released} type Extra { a: Int }`],
    ["a field that cannot be null any more", change("note: String", "note: String!")],
    ["a second key", change('@key(fields: "id")', '@key(fields: "id") @key(fields: "title")')],
    ["another description", change("note: String", '"For people." note: String')],
    ["a newer federation", change("v2.0", "v2.3")],
  ])("%s", async (_case, sdl) => {
    expect(await judgeUndeclared(sdl)).toEqual([]);
  });
});

describe("the changelog", () => {
  const sdl = change("note: String", "").replace("OPEN DONE", "OPEN");
  const judge = async (changelog: string) =>
    Object.fromEntries(
      (await judgeSchemaChange(released, sdl, changelog)).breaking.map(({ name, isDeclared }) => [name, isDeclared]),
    );

  test("declares each breaking change by its own name", async () => {
    expect(await judge("# Changelog\n\n## Unreleased\n\n- `Task.note` is gone.\n")).toEqual({
      "Task.note": true,
      "State.DONE": false,
    });
  });

  test("declares nothing by what it says of earlier releases", async () => {
    const changelog = "## Unreleased\n\n- `State.DONE` is gone.\n\n## 1.0.0\n\n- `Task.note` is gone.\n";

    expect(await judge(changelog)).toEqual({ "Task.note": false, "State.DONE": true });
  });

  test("declares nothing by a name that only begins like it, or without a section for what is to come", async () => {
    expect(await judge("## Unreleased\n- `Task.notes`, Task.note, `State`\n")).toEqual({
      "Task.note": false,
      "State.DONE": false,
    });
    expect(await judge("- `Task.note` `State.DONE`")).toEqual({ "Task.note": false, "State.DONE": false });
  });
});

describe("the check that CI runs", () => {
  const root = new URL("../..", import.meta.url).pathname;

  /** A copy of what the check reads, and the check on it. */
  function startProject() {
    const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-schema-"));
    onTestEnd(async () => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "docs"));
    for (const file of ["package.json", "schema.graphql"]) cpSync(join(root, file), join(folder, file));
    cpSync(join(root, "schema.graphql"), join(folder, "docs/schema-baseline.graphql"));
    const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
    write("docs/changelog.md", "## Unreleased\n");
    // Inside a git hook these name the repository that is being committed to.
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
    const run = (command: string, words: string[]) => spawnSync(command, words, { cwd: folder, encoding: "utf8", env });
    const check = () =>
      run(process.execPath, ["--no-warnings", join(root, "test/schema-gate/check-schema-change.ts"), folder]);
    const sdl = readFileSync(join(folder, "schema.graphql"), "utf8");
    return { write, run, check, sdl };
  }

  test("passes while the schema is the last release's, and fails on a breaking change until the changelog names it", () => {
    const { check, write, sdl } = startProject();
    const unchanged = check();
    write("schema.graphql", sdl.replace("  isActive: Boolean\n", "  isInUse: Boolean\n"));

    const undeclared = check();
    write("docs/changelog.md", "## Unreleased\n\n- `DataExtractionAction.isActive` is `isInUse`.\n");
    const declared = check();

    expect(unchanged).toMatchObject({ status: 0, stderr: "" });
    expect(undeclared.status).toBe(1);
    expect(undeclared.stderr).toContain("name `DataExtractionAction.isActive` under");
    expect(declared.status).toBe(0);
    expect(declared.stdout).toContain("isActive");
  });

  test("fails when the baseline is not what the current version was released with", () => {
    const { check, run, write, sdl } = startProject();
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    run("git", ["init", "--quiet"]);
    run("git", ["add", "."]);
    run("git", ["-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "--quiet", "-m", "Release"]);
    run("git", ["tag", `v${version}`]);

    const asReleased = check();
    const smuggled = sdl.replace("  isActive: Boolean\n", "  isInUse: Boolean\n");
    write("schema.graphql", smuggled);
    write("docs/schema-baseline.graphql", smuggled);
    const edited = check();

    expect(asReleased.status).toBe(0);
    expect(edited.status).toBe(1);
    expect(edited.stderr).toContain("docs/schema-baseline.graphql is not the schema");
  });

  test("reports a syntax error in one sentence, and a new value of an output enum as a note", () => {
    const { check, write, sdl } = startProject();
    write("schema.graphql", sdl.replace("type Mutation {", "type Mutation { {"));
    const invalid = check();
    write("schema.graphql", sdl.replace("enum DataExtractionActionType {", "enum DataExtractionActionType {\n  MORE"));
    const dangerous = check();

    expect(invalid.status).toBe(1);
    expect(invalid.stderr).toMatch(/^schema\.graphql:\d+:\d+ is not valid GraphQL: [^\n]+\n$/);
    expect(dangerous.stdout).toMatch(/^note, [^\n]+MORE[^\n]+\n$/);
    expect(dangerous.status).toBe(0);
  });
});
