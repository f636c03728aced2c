// Copies docs/clients into this package, as a frontend would, and generates what its GraphQL clients need.
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSchema, printSchema } from "graphql";

const folder = fileURLToPath(new URL(".", import.meta.url));
const recipes = `${folder}recipes`;
rmSync(recipes, { recursive: true, force: true });
cpSync(`${folder}../../docs/clients`, recipes, { recursive: true });

// A frontend gets this from introspection or from its registry. relay-compiler does not read a subgraph's SDL.
const subgraphSdl = readFileSync(`${folder}../../schema.graphql`, "utf8");
writeFileSync(`${recipes}/schema.graphql`, printSchema(buildSchema(subgraphSdl, { assumeValidSDL: true })));

for (const [command, ...options] of [
  ["gql.tada", "generate-output"],
  ["relay-compiler", "--noWatchman"],
]) {
  const { status } = spawnSync(command, options, { cwd: folder, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
