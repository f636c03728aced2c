import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTestFolder } from "./test-folder.ts";

export const rulesFile = new URL("../../deploy/observability/alerts.yaml", import.meta.url).pathname;

/** Whether promtool is there (Debian: `apt-get install prometheus`). CI requires it. */
export const hasPromtool = process.env.CI !== undefined || spawnSync("promtool", ["--version"]).status === 0;

/** Runs promtool. @returns what it finds wrong; empty if it succeeds. */
export function findProblems(words: readonly string[], input = ""): string {
  const { status, stdout, stderr, error } = spawnSync("promtool", words, { input, encoding: "utf8" });
  return status === 0 ? "" : `promtool: ${error ?? stdout + stderr}`;
}

/** Runs promtool on a file with this content. */
export function findProblemsOf(words: readonly string[], content: object): string {
  const path = join(createTestFolder(), "content.yaml");
  // JSON is YAML.
  writeFileSync(path, JSON.stringify(content));
  return findProblems([...words, path]);
}
