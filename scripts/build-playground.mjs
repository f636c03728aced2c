// Bundles the playground of src/ide/ into dist/ide/: files named by their content, compressed once here instead of at
// every request, and manifest.json, from which the service knows them. Does nothing when the bundle is up to date.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, extname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { install } from "./install.mjs";

/** Holds the sources of the page and, in a lock file of its own, the packages that it is bundled from. */
export const packageFolder = "src/ide";

const root = new URL("../", import.meta.url);
const target = new URL("dist/ide/", root);
const manifestFile = new URL("manifest.json", target);

const contentTypes = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".ttf": "font/ttf",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
};
const compressedAlready = new Set([".woff", ".woff2"]);

const workers = {
  "editor-worker": "monaco-editor/esm/vs/editor/editor.worker.js",
  "graphql-worker": "monaco-graphql/esm/graphql.worker.js",
  "json-worker": "monaco-editor/esm/vs/language/json/json.worker.js",
};

const common = {
  absWorkingDir: root.pathname,
  nodePaths: [fileURLToPath(new URL(`${packageFolder}/node_modules`, root))],
  outdir: target.pathname,
  bundle: true,
  minify: true,
  write: false,
  metafile: true,
  target: "es2023",
  legalComments: "none",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
};

/** What the bundle is made of, as one digest: our own sources, this script, and the versions of all packages. */
function digestSources(sources) {
  const digest = createHash("sha256");
  for (const path of [...sources, "scripts/build-playground.mjs", `${packageFolder}/package-lock.json`]) {
    const file = new URL(path, root);
    digest.update(existsSync(file) ? readFileSync(file) : "gone");
  }
  return digest.digest("hex");
}

function isUpToDate() {
  if (!existsSync(manifestFile)) return false;
  const { sources, digest } = JSON.parse(readFileSync(manifestFile, "utf8"));
  return digest === digestSources(sources);
}

/** GraphiQL's stylesheet holds its fonts for every script as data; as files a browser fetches only those it needs. */
function createStylePlugin() {
  const fonts = new Map();
  return {
    name: "graphiql-style",
    setup({ onLoad, onResolve }) {
      onLoad({ filter: /graphiql\/dist\/style\.css$/ }, ({ path }) => {
        const contents = readFileSync(path, "utf8").replace(
          /url\(data:font\/(\w+);base64,([^)]+)\)/g,
          (_match, extension, data) => {
            const name = `font-${fonts.size}.${extension}`;
            fonts.set(name, Buffer.from(data, "base64"));
            return `url("embedded:${name}")`;
          },
        );
        return { contents, loader: "css" };
      });
      onResolve({ filter: /^embedded:/ }, ({ path }) => ({
        path: path.slice("embedded:".length),
        namespace: "embedded",
      }));
      onLoad({ filter: /^/, namespace: "embedded" }, ({ path }) => ({ contents: fonts.get(path), loader: "file" }));
      // That stylesheet holds Monaco's too.
      onLoad({ filter: /monaco-editor\/esm\/.*\.css$/ }, () => ({ contents: "", loader: "css" }));
    },
  };
}

const licenceNames = /^(licen[cs]e|notice|thirdpartynotices)(\.(md|txt))?$/i;

/** The licence texts of every package that went into the bundle: the condition for passing it on. */
function collectLicences(inputs) {
  const folders = new Set(inputs.map((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]));
  folders.delete(undefined);
  const texts = [...folders].sort().map((folder) => {
    const read = (name) => readFileSync(new URL(`${folder}/${name}`, root), "utf8").trim();
    const { name, version, license } = JSON.parse(read("package.json"));
    const files = readdirSync(new URL(folder, root)).filter((file) => licenceNames.test(file));
    return [`${name} ${version} (${license})`, ...files.sort().map(read)].join("\n\n");
  });
  return Buffer.from(texts.join(`\n\n${"-".repeat(80)}\n\n`));
}

const nameOf = ({ path }) => basename(path);

async function bundle() {
  const { build } = await import("esbuild");
  const background = await build({ ...common, entryPoints: workers, entryNames: "[name]-[hash]", format: "iife" });
  const workerNames = Object.fromEntries(
    background.outputFiles.map((file) => [nameOf(file).replace(/-[^-]+$/, ""), nameOf(file)]),
  );
  const page = await build({
    ...common,
    entryPoints: { playground: "src/ide/playground.tsx" },
    entryNames: "[name]-[hash]",
    chunkNames: "chunk-[hash]",
    assetNames: "[name]-[hash]",
    format: "esm",
    splitting: true,
    jsx: "automatic",
    define: { ...common.define, WORKER_FILES: JSON.stringify(workerNames) },
    plugins: [createStylePlugin()],
  });
  const inputs = [background, page].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const sources = inputs.filter((path) => path.startsWith("src/") && !path.includes("node_modules/")).sort();
  const contents = collectLicences(inputs);
  const hash = createHash("sha256").update(contents).digest("hex").slice(0, 8);
  const licences = { path: `licenses-${hash}.txt`, contents };
  const files = [...background.outputFiles, ...page.outputFiles, licences].filter(
    ({ contents }) => contents.length > 0,
  );
  return { files, sources };
}

const compress = {
  br: (contents) =>
    promisify(brotliCompress)(contents, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length },
    }),
  gz: (contents) => promisify(gzip)(contents, { level: 9 }),
};

async function writeBundle({ files, sources }) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const assets = {};
  for (const file of files) {
    const name = nameOf(file);
    const extension = extname(name);
    const isCompressed = !compressedAlready.has(extension);
    assets[name] = { type: contentTypes[extension], isCompressed };
    if (contentTypes[extension] === undefined) throw new Error(`no content type for ${name}`);
    if (!isCompressed) writeFileSync(new URL(name, target), file.contents);
    else {
      for (const [suffix, compressWith] of Object.entries(compress)) {
        writeFileSync(new URL(`${name}.${suffix}`, target), await compressWith(file.contents));
      }
    }
  }
  const names = Object.keys(assets);
  const manifest = {
    script: names.find((name) => /^playground-.*\.js$/.test(name)),
    style: names.find((name) => /^playground-.*\.css$/.test(name)),
    licences: names.find((name) => name.startsWith("licenses-")),
    assets,
    sources,
    digest: digestSources(sources),
  };
  // Last: a build that was interrupted is not up to date.
  writeFileSync(manifestFile, `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Builds the page unless it is up to date, and installs its packages before that unless they are there. */
export async function buildPlayground() {
  if (isUpToDate()) return;
  if (!install(packageFolder)) throw new Error(`the packages of ${packageFolder} could not be installed`);
  const startedAt = performance.now();
  await writeBundle(await bundle());
  console.log(`built the playground in ${Math.round(performance.now() - startedAt)} ms`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPlayground();
