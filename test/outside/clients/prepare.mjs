// Copies docs/clients into this folder, as a frontend would, generates what its GraphQL clients need, and checks types.
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSchema, printSchema } from "graphql";

const folder = fileURLToPath(new URL(".", import.meta.url));
const recipes = `${folder}recipes`;

const run = (command, ...options) =>
  execFileSync(`${folder}../node_modules/.bin/${command}`, options, { cwd: folder, stdio: "inherit" });

// biome-ignore lint/style/noDefaultExport: Jest takes a setup by its default export
export default function prepareRecipes() {
  rmSync(recipes, { recursive: true, force: true });
  cpSync(`${folder}../../../docs/clients`, recipes, { recursive: true });

  // A frontend gets this from introspection or from its registry. relay-compiler does not read a subgraph's SDL.
  const subgraphSdl = readFileSync(`${folder}../../../schema.graphql`, "utf8");
  writeFileSync(`${recipes}/schema.graphql`, printSchema(buildSchema(subgraphSdl, { assumeValidSDL: true })));

  run("gql.tada", "generate-output");
  run("relay-compiler", "--noWatchman");
  run("tsc");
}
