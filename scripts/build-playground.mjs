// Builds what a browser loads of the playground: bundles src/playground/browser and renders two pages of docs/ into
// dist/browser. Does nothing if that is newer than its sources. `npm run dev` imports it, `npm run build` runs it.
import { cpSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { brotliCompressSync, constants } from "node:zlib";
import { printLicenses, printSbom } from "./describe-bundle.mjs";
import { install, modifiedAt } from "./install.mjs";

/** Has the sources of the page and, with a lock file of its own, the packages that it is bundled from. */
export const packageFolder = "src/playground/browser";

const root = join(import.meta.dirname, "..");
const packages = join(root, packageFolder, "node_modules");
const target = join(root, "dist/browser");
const docs = ["errors", "sandbox"];
const sources = [`${packageFolder}/*`, ...docs.map((name) => `docs/${name}.md`), "scripts/build-playground.mjs"];

const options = {
  absWorkingDir: root,
  entryPoints: {
    playground: `${packageFolder}/playground.tsx`,
    docs: `${packageFolder}/docs.css`,
    "editor-worker": `${packages}/monaco-editor/esm/vs/editor/editor.worker.js`,
    "graphql-worker": `${packages}/monaco-graphql/esm/graphql.worker.js`,
    "json-worker": `${packages}/monaco-editor/esm/vs/language/json/json.worker.js`,
  },
  bundle: true,
  format: "esm",
  splitting: true,
  minify: true,
  metafile: true,
  chunkNames: "chunk-[hash]",
  target: "es2023",
  legalComments: "none",
  logLevel: "warning",
  loader: { ".ttf": "dataurl" },
};

/** A page of docs/; links to pages that are not there become plain text. */
async function renderDocs(name) {
  const { Marked } = await import(`${packages}/marked/lib/marked.esm.js`);
  const markdown = readFileSync(join(root, `docs/${name}.md`), "utf8");
  const marked = new Marked({
    renderer: {
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        const page = /^(\w+)\.md/.exec(href)?.[1];
        return docs.includes(page) ? `<a href="${page}.html">${text}</a>` : text;
      },
    },
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${/^# (.*)$/m.exec(markdown)?.[1]}</title>
<link rel="stylesheet" href="docs.css">
</head>
<body>
${marked.parse(markdown)}</body>
</html>
`;
}

export async function buildPlayground() {
  const builtAt = modifiedAt(join(target, "index.html"));
  if (globSync(sources, { cwd: root }).every((path) => modifiedAt(join(root, path)) <= builtAt)) return;
  if (!install(packageFolder)) throw new Error(`The packages of ${packageFolder} could not be installed.`);
  const startedAt = performance.now();
  const unfinished = `${target}-${process.pid}`;
  const { build } = await import("esbuild");
  const { metafile } = await build({ ...options, outdir: unfinished });
  const inputs = Object.keys(metafile.inputs);
  writeFileSync(join(unfinished, "licenses.txt"), printLicenses(inputs));
  writeFileSync(join(unfinished, "sbom.cdx.json"), printSbom(packageFolder, inputs));
  for (const name of docs) writeFileSync(join(unfinished, `${name}.html`), await renderDocs(name));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 6 };
  for (const path of globSync(`${unfinished}/*.{js,css}`)) {
    writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path), { params }));
  }
  cpSync(join(root, packageFolder, "index.html"), join(unfinished, "index.html"));
  rmSync(target, { recursive: true, force: true });
  renameSync(unfinished, target);
  console.log(`playground built in ${Math.round(performance.now() - startedAt)} ms`);
}

if (import.meta.main) await buildPlayground();
