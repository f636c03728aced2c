import { statSync } from "node:fs";
import { join } from "node:path";
import { runNpm } from "./npm.mjs";

/** Milliseconds since 1970; 0 for a file that does not exist. */
export const modifiedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * Installs a package of this repository, e.g. `test/outside`, unless what its lock file says is already there.
 * @returns whether it is installed.
 */
export function install(folder) {
  const path = join(import.meta.dirname, "..", folder);
  if (modifiedAt(`${path}/node_modules/.package-lock.json`) >= modifiedAt(`${path}/package-lock.json`)) return true;
  console.log(`installing ${folder} …`);
  const startedAt = performance.now();
  const { status } = runNpm(folder, ["ci", "--loglevel=error"]);
  if (status === 0) console.log(`installed ${folder} in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  return status === 0;
}
