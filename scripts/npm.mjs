import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";

/** Runs npm in a folder of the repository. @returns its exit code, and its output unless that is ignored. */
export function runNpm(folder, words, output = "ignore") {
  const cwd = join(import.meta.dirname, "..", folder);
  // npm passes its own settings on to what it starts; this is a run of its own.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  return spawnSync("npm", words, { cwd, env, encoding: "utf8", stdio: ["ignore", output, "inherit"] });
}
