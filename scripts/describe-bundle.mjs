import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runNpm } from "./npm.mjs";

const root = join(import.meta.dirname, "..");

/** The packages that a bundle is made from, by the paths of its sources. */
function findPackages(inputs) {
  const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path) ?? []));
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    return { folder: join(root, folder), name, version, license };
  });
}

/** The licenses of every package in a bundle, as their terms require. */
export function printLicenses(inputs) {
  const texts = findPackages(inputs).map(({ folder, name, version, license }) => {
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|thirdparty)/i.test(file));
    return [`${name} ${version} (${license})`, ...files.map((file) => readFileSync(join(folder, file), "utf8"))].join(
      "\n\n",
    );
  });
  return texts.join(`\n\n${"-".repeat(80)}\n\n`);
}

/**
 * The software bill of materials of a bundle, in CycloneDX's format: what npm says of all packages in a folder's lock
 * file, without those that the bundle does not contain. (`npm sbom --omit=dev` also omits packages that the service and
 * a tool share.)
 */
export function printSbom(folder, inputs) {
  const { status, stdout } = runNpm(folder, ["sbom", "--package-lock-only", "--sbom-format=cyclonedx"], "pipe");
  if (status !== 0) throw new Error(`npm sbom failed for ${folder || "the root"}`);
  const sbom = JSON.parse(stdout);
  const refs = new Set(findPackages(inputs).map(({ name, version }) => `${name}@${version}`));
  const isContained = (ref) => refs.has(ref) || ref === sbom.metadata.component["bom-ref"];
  const components = sbom.components.filter((component) => isContained(component["bom-ref"]));
  const dependencies = sbom.dependencies
    .filter(({ ref }) => isContained(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isContained) }));
  return JSON.stringify({ ...sbom, components, dependencies });
}
