import { globSync, statSync } from "node:fs";
import { buildService } from "../scripts/build.mjs";

const root = new URL("..", import.meta.url).pathname;
const modifiedAt = (path) => statSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Builds dist/ before the tests that start the built service, unless it is newer than what it is built from. */
// biome-ignore lint/style/noDefaultExport: Jest takes a setup by its default export
export default async function buildIfStale() {
  const sources = [...globSync("src/**/*.{ts,cts}", { cwd: root }), "package-lock.json", "scripts/build.mjs"];
  const builtAt = modifiedAt("dist/compile-cache");
  if (sources.some((path) => modifiedAt(path) > builtAt)) await buildService();
}
