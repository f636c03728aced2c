import { spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTestFolder } from "../../helpers/test-folder.ts";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into manifests of every kind
  readonly [name: string]: any;
}

const root = new URL("../../..", import.meta.url).pathname;

/** The package that holds a kind's published schema. */
function findModule({ apiVersion, kind }: Manifest): string {
  const packages: Record<string, string> = {
    "monitoring.coreos.com/v1": "@kubernetes-models/prometheus-operator/",
    "serving.knative.dev/v1": "@kubernetes-models/knative/",
  };
  return `${packages[apiVersion] ?? "kubernetes-models/"}${apiVersion}/${kind}`;
}

/**
 * Checks manifests against the published schemas of Kubernetes and of the operators, as types: the JSON schemas accept a
 * misspelled field, which an API server drops silently.
 * @returns what the compiler says; empty if it finds no problem.
 */
export function findManifestProblems(manifests: readonly Manifest[]): string {
  const cwd = createTestFolder();
  symlinkSync(join(root, "test/outside/node_modules"), join(cwd, "node_modules"));
  writeFileSync(join(cwd, "package.json"), '{"type":"module"}');
  const lines = manifests.map(
    (manifest, index) =>
      `import type { I${manifest.kind} as T${index} } from "${findModule(manifest)}";\nexport const m${index}: T${index} = ${JSON.stringify(manifest)};\n`,
  );
  writeFileSync(join(cwd, "manifests.ts"), lines.join(""));
  const words = "--noEmit --strict --skipLibCheck --module nodenext --pretty false manifests.ts".split(" ");
  const { status, stdout } = spawnSync(join(root, "node_modules/.bin/tsc"), words, { cwd, encoding: "utf8" });
  return status === 0 ? "" : `tsc: ${stdout}`;
}
