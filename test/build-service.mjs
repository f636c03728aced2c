import { globSync } from "node:fs";
import { buildService } from "../scripts/build.mjs";
import { modifiedAt } from "../scripts/install.mjs";

const root = new URL("..", import.meta.url).pathname;

/** Builds dist/ before the tests that start the built service, unless it is newer than what it is built from. */
// biome-ignore lint/style/noDefaultExport: Jest takes a setup by its default export
export default async function buildIfStale() {
  const sources = [...globSync("src/**/*.{ts,cts}", { cwd: root }), "package-lock.json", "scripts/build.mjs"];
  const builtAt = modifiedAt(`${root}/dist/compile-cache`);
  if (sources.some((path) => modifiedAt(`${root}/${path}`) > builtAt)) await buildService();
}
