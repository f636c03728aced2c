import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modifiedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * Installs a package of this repository, e.g. `test/gateways`, unless what its lock file says is already there.
 * @returns whether it is installed.
 */
export function install(folder) {
  const path = (name) => join(root, folder, name);
  if (modifiedAt(path("node_modules/.package-lock.json")) >= modifiedAt(path("package-lock.json"))) return true;
  const startedAt = performance.now();
  console.log(`installing ${folder} …`);
  const { status } = spawnSync("npm", ["ci", "--loglevel=error"], {
    cwd: join(root, folder),
    stdio: ["ignore", "ignore", "inherit"],
    // npm passes its own settings on to what it starts; this is a run of its own.
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
  });
  if (status === 0) console.log(`installed ${folder} in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  return status === 0;
}
