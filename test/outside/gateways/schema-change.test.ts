import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { parse, print, visit } from "graphql";
import { composeSupergraph } from "../../../scripts/compose-supergraph.ts";
import { siblingSdl } from "../../helpers/sibling-subgraph.ts";
import { judgeSchemaChange } from "../../schema-gate/judge-schema-change.ts";

const released = readFileSync(new URL("../../../schema.graphql", import.meta.url), "utf8");

function compose(sdl: string, neighbourSdl = siblingSdl): string {
  return composeSupergraph([
    { name: "contactswing", url: "http://contactswing.example/graphql", sdl },
    { name: "calls", url: "http://calls.example/graphql", sdl: neighbourSdl },
  ]);
}

async function findBreaking(sdl: string, releasedSdl = released): Promise<string[]> {
  return (await judgeSchemaChange(releasedSdl, sdl, "")).breaking.map(({ name }) => name);
}

/** The schema without its nth directive. */
function omitDirective(sdl: string, index: number): string {
  let count = 0;
  const document = visit(parse(sdl), {
    Directive: () => (count++ === index ? null : undefined),
    // Without directives it would not be valid.
    SchemaExtension: { leave: ({ directives = [] }) => (directives.length === 0 ? null : undefined) },
  });
  return print(document);
}

const directives: string[] = [];
visit(parse(released), { Directive: (node) => void directives.push(print(node)) });

test.each(directives.map((text, index) => [text, index] as const))(
  "without %s the graph does not compose, and the check of schema changes says so",
  async (_text, index) => {
    const sdl = omitDirective(released, index);

    expect(() => compose(released)).not.toThrow();
    expect(() => compose(sdl)).toThrow();
    expect(await findBreaking(sdl)).not.toEqual([]);
  },
);

function change(from: string | RegExp, to: string): string {
  const changed = released.replace(from, to);
  if (changed === released) throw new Error(`nothing to change: ${from}`);
  return changed;
}

const pageInfoField = /^ {2}((?:hasNextPage|hasPreviousPage|startCursor|endCursor): \w+!?)$/gm;
test.each([
  ["a key that resolves nothing", change('"id")', '"id", resolvable: false)'), false],
  ["a key that is not imported", change('"@key", ', ""), false],
  ["a new field of a shareable type", change("hasNextPage:", "total: Int\n  hasNextPage:"), false],
  ["a field from elsewhere", change("name: String!", "name: String! @federation__external"), false],
  ["a new field of an entity", change("  isActive: Boolean", "  owner: String\n  isActive: Boolean"), true],
  ["another key", change('@key(fields: "id")', '@key(fields: "id") @key(fields: "id name")'), true],
  ["shareable fields", change(" @shareable", "").replace(pageInfoField, "$1 @shareable"), true],
  ["a newer version of federation", change("federation/v2.0", "federation/v2.3"), true],
])("with %s, the check of schema changes agrees with the composers", async (_case, sdl, isHarmless) => {
  if (isHarmless) expect(() => compose(sdl)).not.toThrow();
  else expect(() => compose(sdl)).toThrow();
  expect((await findBreaking(sdl)).length === 0).toBe(isHarmless);
});

test("a key that is lost breaks a neighbour that refers by it, although another key is left", async () => {
  const twoKeys = change('@key(fields: "id")', '@key(fields: "id") @key(fields: "id name")');
  const reference = '@key(fields: "id name") {\n    name: String!';
  const neighbour = siblingSdl.replace(
    'DataExtractionAction @key(fields: "id") {',
    `DataExtractionAction ${reference}`,
  );

  expect(() => compose(twoKeys, neighbour)).not.toThrow();
  expect(() => compose(released, neighbour)).toThrow();
  expect(await findBreaking(released, twoKeys)).toEqual(["DataExtractionAction.@key"]);
});
