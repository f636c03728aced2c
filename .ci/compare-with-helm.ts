// The tests render the chart with a renderer of their own, so that they need no helm. Where helm is installed, this
// holds its own rendering of the same values against theirs, and lints the chart.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { chartFolder, renderChart } from "../test/helpers/chart.ts";
import { bare, everything } from "../test/helpers/chart-values.ts";

type Rendered = { readonly kind: string };

const folder = mkdtempSync(join(tmpdir(), "chart-values-"));
const byKind = (manifests: readonly Rendered[]) => [...manifests].sort((a, b) => (a.kind < b.kind ? -1 : 1));

try {
  for (const [name, values] of Object.entries({ defaults: {}, everything, bare })) {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify(values));
    const run = (...words: string[]) => execFileSync("helm", [...words, "--values", file], { encoding: "utf8" });
    run("lint", chartFolder.pathname, "--strict");
    const text = run("template", "bff", chartFolder.pathname, "--namespace", "graph");
    const documents = parseAllDocuments(text, { version: "1.1" });
    const manifests = [...documents].map((document) => document.toJS() as Rendered | null);
    assert.deepEqual(
      byKind(manifests.filter((manifest) => manifest !== null)),
      byKind(renderChart(values).manifests),
      `helm renders the values "${name}" as the tests do`,
    );
    console.log(`helm and the tests agree on the values "${name}"`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
