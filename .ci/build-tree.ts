// Follows the Dockerfile without a container engine: each stage is a folder, COPY copies, RUN runs in that folder.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { readStages, type Stage } from "./dockerfile.ts";

export interface Tree {
  /** The folder that stands for the last stage's root. */
  readonly folder: string;
  /** The working directory in it. */
  readonly workingFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly stage: Stage;
}

/**
 * Builds what the image would hold on top of its base.
 * @param context the folder that the builder would be given.
 * @param folder an empty folder for the stages.
 * @throws Error that names the step which failed, or which cannot be followed in a folder.
 */
export function buildTree(dockerfile: string, context: string, folder: string): Tree {
  const trees: Tree[] = [];
  for (const [index, stage] of readStages(dockerfile).entries()) {
    trees.push(buildStage(stage, join(folder, stage.name ?? String(index)), context, trees));
  }
  const last = trees.at(-1);
  if (last === undefined) throw new Error("the Dockerfile has no stage");
  return last;
}

function buildStage(stage: Stage, folder: string, context: string, earlier: readonly Tree[]): Tree {
  let workingFolder = folder;
  const environment: Record<string, string> = {};
  for (const { keyword, text, flags } of stage.steps) {
    if (keyword === "WORKDIR") {
      workingFolder = text.startsWith("/") ? join(folder, text) : join(workingFolder, text);
      mkdirSync(workingFolder, { recursive: true });
    } else if (keyword === "ENV") {
      for (const [, name = "", value = ""] of text.matchAll(/(\w+)=(\S+)/g)) environment[name] = value;
    } else if (keyword === "COPY") {
      const source =
        flags.from === undefined ? context : earlier.find(({ stage: { name } }) => name === flags.from)?.folder;
      if (source === undefined) throw new Error(`COPY from the unknown stage ${flags.from}`);
      copy(text, source, workingFolder);
    } else if (keyword === "RUN") {
      run(text, workingFolder, environment);
    }
  }
  return { folder, workingFolder, environment, stage };
}

function copy(text: string, source: string, workingFolder: string): void {
  const paths = text.split(/\s+/);
  const target = paths.pop() ?? "";
  if (target.startsWith("/")) throw new Error(`COPY to an absolute path cannot be followed: ${text}`);
  for (const path of paths) {
    const isInto = target.endsWith("/") && !statSync(join(source, path)).isDirectory();
    const destination = join(workingFolder, target, isInto ? basename(path) : "");
    cpSync(join(source, path), destination, { recursive: true, verbatimSymlinks: true });
  }
}

function run(command: string, workingFolder: string, environment: Readonly<Record<string, string>>): void {
  if (/(?:^|\s)\//.test(command)) throw new Error(`RUN with an absolute path cannot be followed: ${command}`);
  // A builder's environment is its own: what this process was told must not decide what npm installs.
  const inherited = Object.entries(process.env).filter(
    ([name]) => name !== "NODE_ENV" && !/^npm_(?!config_)/.test(name),
  );
  const options = { cwd: workingFolder, env: { ...Object.fromEntries(inherited), ...environment } };
  const { status } = spawnSync("sh", ["-c", command], { ...options, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`RUN ended with ${status}: ${command}`);
}
