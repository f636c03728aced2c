import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { createTestFolder } from "../helpers/test-folder.ts";
import { judgeSchemaChange } from "./judge-schema-change.ts";

const released = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])
  type Query { task(id: ID!, depth: Int! = 1): Task page: Page }
  type Task @key(fields: "id") @key(fields: "title") { id: ID! title: String! state: State note: String }
  type Page @shareable { next: String more: Boolean }
  enum State { OPEN DONE }
  input TaskInput { title: String! state: State! = OPEN }
`;

function change(from: string | RegExp, to: string): string {
  const changed = released.replace(from, to);
  if (changed === released) throw new Error(`nothing to change: ${from}`);
  return changed;
}

test.each([
  ["a removed field", change("note: String", ""), ["Task.note"]],
  ["a new required field", change("= OPEN }", "= OPEN due: String! }"), ["TaskInput.due"]],
  ["an input field whose default went away", change("State! = OPEN", "State!"), ["TaskInput.state"]],
  ["an input field with another default", change("State! = OPEN", "State! = DONE"), ["TaskInput.state"]],
  ["an argument with another default", change("depth: Int! = 1", "depth: Int! = 2"), ["Query.task.depth"]],
  ["a type without its keys", change(' @key(fields: "id") @key(fields: "title")', ""), ["Task.@key"]],
  ["an entity without one of its keys", change(' @key(fields: "title")', ""), ["Task.@key"]],
  ["an entity with another key", change('@key(fields: "id")', '@key(fields: "id title")'), ["Task.@key"]],
  ["a key that resolves nothing", change('"id")', '"id", resolvable: false)'), ["Task.@key"]],
  ["a type that is not shareable", change(" @shareable", ""), ["Page.next.@shareable", "Page.more.@shareable"]],
  ["a shareable type with a new field", change("more: Boolean", "more: Boolean last: String"), ["Page.last"]],
  ["a subgraph without federation", change(/extend schema.*/, ""), ["schema.@link"]],
  ["a directive that is not imported", change('"@key", ', ""), ["schema.@link"]],
  ["an inaccessible field", change("note: String", "note: String @inaccessible"), ["Task.note.@inaccessible"]],
  ["a field from elsewhere", change("note: String", "note: String @external"), ["Task.note.@external"]],
  [
    "an inaccessible argument",
    change("depth: Int! = 1", "depth: Int! = 1 @inaccessible"),
    ["Query.task.depth.@inaccessible"],
  ],
  ["nothing at all", released, []],
  ["a new field", change("note: String", "note: String due: String"), []],
  ["a third key", change('@key(fields: "id")', '@key(fields: "id") @key(fields: "id title")'), []],
  [
    "keys in another order",
    change('@key(fields: "id") @key(fields: "title")', '@key(fields: "title") @key(fields: "id")'),
    [],
  ],
  [
    "a type whose fields are shareable",
    change("@shareable { next: String more: Boolean", "{ next: String @shareable more: Boolean @shareable"),
    [],
  ],
  ["a deprecated field", change("note: String", 'note: String @deprecated(reason: "unused")'), []],
  ["another description", change("note: String", '"For people." note: String'), []],
  ["a newer federation", change("v2.0", "v2.3"), []],
  ["one more import", change('"@key", ', '"@key", "@tag", '), []],
])("of %s, the breaking changes are found", async (_case, sdl, names) => {
  const found = (await judgeSchemaChange(released, sdl, "")).breaking.map(({ name }) => name);

  expect([...new Set(found)]).toEqual(names);
});

test.each([
  ["# Changelog\n\n## Unreleased\n\n- `Task.note` is gone.\n", ["Task.note"]],
  ["## Unreleased\n\n- `State.DONE` is gone.\n\n## 1.0.0\n\n- `Task.note` is gone.\n", ["State.DONE"]],
  ["## Unreleased\n- `Task.notes`, Task.note, `State`\n", []],
  ["- `Task.note` `State.DONE`", []],
])("the changelog %j declares exactly what it names as unreleased", async (changelog, declared) => {
  const sdl = change("note: String", "").replace("OPEN DONE", "OPEN");

  const { breaking } = await judgeSchemaChange(released, sdl, changelog);

  expect(breaking.filter(({ isDeclared }) => isDeclared).map(({ name }) => name)).toEqual(declared);
});

/** A copy of what the check reads, and the check on it. */
function startProject() {
  const root = new URL("../..", import.meta.url).pathname;
  const folder = createTestFolder();
  const sdl = readFileSync(join(root, "schema.graphql"), "utf8");
  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  mkdirSync(join(folder, "docs"));
  write("package.json", '{ "version": "1.2.3" }');
  write("docs/schema-baseline.graphql", sdl);
  write("docs/changelog.md", "## Unreleased\n");
  // Inside a git hook these name the repository that is being committed to.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_")));
  const run = (command: string, ...words: string[]) =>
    spawnSync(command, words, { cwd: folder, encoding: "utf8", env });
  const program = join(root, "test/schema-gate/check-schema-change.ts");
  const check = () => {
    const { status, stdout, stderr } = run(process.execPath, "--no-warnings", program, folder);
    return `${status} ${stdout}${stderr}`;
  };
  return { sdl, write, run, check };
}

test("the check fails on a breaking change until the changelog names it, and on a changed baseline of a release", () => {
  const { sdl, write, run, check } = startProject();
  write("schema.graphql", sdl.replace("  isActive: Boolean\n", "  isInUse: Boolean\n"));

  expect(check()).toMatch(/^1 breaking: .+; name `DataExtractionAction\.isActive` under/);
  write("docs/changelog.md", "## Unreleased\n\n- `DataExtractionAction.isActive` is `isInUse`.\n");
  expect(check()).toMatch(/^0 breaking, declared in docs\/changelog\.md: .+isActive/);

  run("git", "init", "--quiet");
  run("git", "add", ".");
  run("git", "-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "--quiet", "-m", "Release");
  run("git", "tag", "v1.2.3");
  write("docs/schema-baseline.graphql", `${sdl}\n`);
  expect(check()).toMatch(/^1 [\s\S]*\ndocs\/schema-baseline\.graphql is not the schema/);
});

test("the check reports a syntax error in one sentence, and a new value of an output enum as a note", () => {
  const { sdl, write, check } = startProject();

  write("schema.graphql", sdl.replace("type Mutation {", "type Mutation { {"));
  expect(check()).toMatch(/^1 schema\.graphql:\d+:\d+ is not valid GraphQL: [^\n]+\n$/);
  write("schema.graphql", sdl.replace("enum DataExtractionActionType {", "enum DataExtractionActionType {\n  MORE"));
  expect(check()).toMatch(/^0 note, [^\n]+MORE[^\n]+\n$/);
});
