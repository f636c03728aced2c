// Builds the service into dist/: main.ts and what it imports as one file, because finding, reading and linking a
// thousand files is most of a start. CommonJS, because an ES module that imports node:http reads all of its exports, one
// of which loads undici: a tenth of the start and of the memory.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, globSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { decode, encode } from "@jridgewell/sourcemap-codec";
import { build } from "esbuild";
import { printLicenses, printSbom } from "./describe-bundle.mjs";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Packages that most processes never load: files of their own, because they would add 8 MB under load to every process. */
const lazyPackages = ["@apollo/usage-reporting-protobuf", "@fastify/static", "@redis/client", "jose"];

const common = { absWorkingDir: root, outdir: dist, platform: "node", legalComments: "none", logLevel: "warning" };

const commonJs = { ...common, format: "cjs", outExtension: { ".js": ".cjs" } };

const bundle = {
  bundle: true,
  target: "node26",
  mainFields: ["module", "main"],
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: "linked",
  sourcesContent: false,
  metafile: true,
};

export async function buildService() {
  // A file that the build no longer writes must not live on. The playground knows by itself whether it is up to date.
  for (const path of globSync("*", { cwd: dist, exclude: ["browser"] })) rmSync(join(dist, path), { recursive: true });
  const lazy = await build({
    ...commonJs,
    ...bundle,
    entryPoints: Object.fromEntries(lazyPackages.map((name) => [`lazy/${name}`, name])),
    sourcemap: false,
  });
  const programs = await build({
    ...commonJs,
    ...bundle,
    entryPoints: { server: "src/main.ts", "check-upstream": "src/check-upstream/main.ts" },
    alias: Object.fromEntries(lazyPackages.map((name) => [name, `./lazy/${name}.cjs`])),
    external: ["./lazy/*"],
    // `import()` of a CommonJS file would not find all of its exports; esbuild writes `require` instead.
    supported: { "dynamic-import": false },
    define: { "import.meta.url": "bundleUrl" },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  const sandbox = await build({
    ...common,
    ...bundle,
    entryPoints: { sandbox: "src/sandbox/main.ts" },
    outExtension: { ".js": ".mjs" },
    format: "esm",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  // Any Node.js has to be able to read this file, to say which one is needed.
  await build({ ...commonJs, entryPoints: { start: "src/start.cts" }, target: "node12" });
  for (const path of globSync(`${dist}/*.map`)) keepOwnMappings(path);
  const inputs = [lazy, programs, sandbox].flatMap(({ metafile }) => Object.keys(metafile.inputs));
  writeFileSync(join(dist, "licenses.txt"), printLicenses(inputs));
  writeFileSync(join(dist, "sbom.cdx.json"), printSbom("", inputs));
  await fillCompileCache();
}

/**
 * Leaves the mappings of our own sources in a source map. With those of packages, the first error whose stack is read
 * (a rejected input is one) makes Node.js parse a map that takes 90 MB.
 */
function keepOwnMappings(path) {
  const map = JSON.parse(readFileSync(path, "utf8"));
  const isOwn = map.sources.map((source) => !source.includes("node_modules/"));
  const keepOwn = (segment) => (isOwn[segment[1]] ? segment : [segment[0]]);
  const isFirstOfRun = (segment, index, line) => segment.length > 1 || line[index - 1]?.length !== 1;
  const lines = decode(map.mappings).map((line) => line.map(keepOwn).filter(isFirstOfRun));
  const sources = map.sources.map((source, index) => (isOwn[index] ? source : null));
  writeFileSync(path, JSON.stringify({ ...map, sources, mappings: encode(lines) }));
}

/**
 * Starts the service once: V8's compiled code, which a process writes when it ends, makes the next start 50 ms faster. V8
 * accepts it only with the options that it was made with, those of `npm start`.
 */
async function fillCompileCache() {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const [, words] = scripts.start.split(" node ");
  const env = { NODE_ENV: "production", HOST: "127.0.0.1", PORT: "0", CONTACTSWING_URL: "http://127.0.0.1:1" };
  const stdio = ["ignore", "pipe", "inherit"];
  const service = spawn(process.execPath, words.split(" "), { cwd: root, env, stdio });
  const exit = once(service, "exit");
  for await (const line of createInterface(service.stdout)) {
    if (line.includes('"listening"')) service.kill("SIGINT");
  }
  const [code] = await exit;
  if (code !== 0) throw new Error("the built service does not start");
  // Node.js writes it for its own user alone; the image runs as another one.
  for (const file of globSync(`${dist}/compile-cache/**/*`)) if (statSync(file).isFile()) chmodSync(file, 0o644);
}

if (import.meta.main) await buildService();
