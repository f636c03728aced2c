import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** Milliseconds since 1970; 0 for a file that does not exist. */
export const modifiedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * Installs a package of this repository, e.g. `test/gateways`, unless what its lock file says is already there.
 * @returns whether it is installed.
 */
export function install(folder) {
  const cwd = join(import.meta.dirname, "..", folder);
  if (modifiedAt(`${cwd}/node_modules/.package-lock.json`) >= modifiedAt(`${cwd}/package-lock.json`)) return true;
  console.log(`installing ${folder} …`);
  const startedAt = performance.now();
  // npm passes its own settings on to what it starts; this is a run of its own.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const { status } = spawnSync("npm", ["ci", "--loglevel=error"], { cwd, env, stdio: ["ignore", "ignore", "inherit"] });
  if (status === 0) console.log(`installed ${folder} in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  return status === 0;
}
