// Builds the service into dist/: main.ts and what it imports as one file, because finding, reading and linking a
// thousand files is most of a start. CommonJS, because an ES module that imports node:http reads all of its exports, one
// of which loads undici: a tenth of the start and of the memory.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, globSync, readFileSync, rmSync, statSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

/** Packages that are loaded only when a setting asks for them; the image has them beside the bundle. */
const lazyPackages = [
  "@fastify/static",
  "@redis/client",
  "jose",
  "@opentelemetry/context-async-hooks",
  "@opentelemetry/exporter-trace-otlp-proto",
  "@opentelemetry/resources",
  "@opentelemetry/sdk-trace",
];

/**
 * Leaves names and lines of our own sources in the map and nothing of packages: a tenth of the size. Escapes what is not
 * ASCII, which esbuild does not do in regular expressions: a single such character doubles the bundle's size in memory.
 */
const packageSources = {
  name: "package-sources",
  setup({ onLoad }) {
    const map = JSON.stringify({ version: 3, sources: ["package"], mappings: "AAAA" });
    const comment = `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString("base64")}`;
    const escapeCharacter = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    onLoad({ filter: /node_modules.*\.[cm]?js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/[^\0-\x7f]/g, escapeCharacter) + comment,
    }));
  },
};

/** type-graphql imports all of class-validator for its own validation, which is off: a sixth of the bundle. */
const usedRulesOnly = {
  name: "used-rules-only",
  setup({ onResolve }) {
    onResolve({ filter: /^class-validator$/ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path, external: true } : undefined,
    );
  },
};

const common = { absWorkingDir: root, outdir: dist, platform: "node", legalComments: "none", logLevel: "warning" };

const commonJs = { ...common, format: "cjs", outExtension: { ".js": ".cjs" } };

const bundle = {
  bundle: true,
  target: "node26",
  mainFields: ["module", "main"],
  // It looks for Node.js' own hash in a way that a bundle breaks, and falls back to a slow one.
  alias: { "@apollo/utils.createhash": "node:crypto" },
  // Apollo's reports to its own service are off.
  external: [...lazyPackages, "@apollo/usage-reporting-protobuf"],
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: "linked",
  sourcesContent: false,
  plugins: [packageSources, usedRulesOnly],
};

export async function buildService() {
  // A file that the build no longer writes must not live on. The playground knows by itself whether it is up to date.
  for (const path of globSync("*", { cwd: dist, exclude: ["browser"] })) rmSync(join(dist, path), { recursive: true });
  await build({
    ...commonJs,
    ...bundle,
    entryPoints: { server: "src/main.ts", "check-upstream": "src/check-upstream/main.ts" },
    define: { "import.meta.url": "bundleUrl" },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  await build({
    ...common,
    ...bundle,
    entryPoints: { sandbox: "src/sandbox-main.ts" },
    outExtension: { ".js": ".mjs" },
    format: "esm",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  // Any Node.js has to be able to read this file, to say which one is needed.
  await build({ ...commonJs, entryPoints: { start: "src/start.cts" }, target: "node12" });
  await fillCompileCache();
}

/** Starts the service once: V8's compiled code, which a process writes when it ends, makes the next start 40 ms faster. */
async function fillCompileCache() {
  const env = { NODE_ENV: "production", HOST: "127.0.0.1", PORT: "0", CONTACTSWING_URL: "http://127.0.0.1:1" };
  const service = spawn(process.execPath, [join(dist, "start.cjs")], { env, stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(service, "exit");
  for await (const line of createInterface(service.stdout)) {
    if (line.includes('"listening"')) service.kill("SIGINT");
  }
  const [code] = await exit;
  if (code !== 0) throw new Error("the built service does not start");
  // Node.js writes it for its own user alone; the image runs as another one.
  for (const file of globSync(`${dist}/compile-cache/**/*`)) if (statSync(file).isFile()) chmodSync(file, 0o644);
}

/** Copies the lazy packages and what they depend on into dist/node_modules, so that dist/ is all that an image needs. */
function copyLazyPackages() {
  const copied = new Set();
  const copy = (name, from) => {
    const manifest = findPackageJSON(name, from);
    if (copied.has(manifest)) return;
    copied.add(manifest);
    const folder = dirname(manifest);
    const filter = (path) => !/\.(d\.[cm]?ts|map)$/.test(path);
    cpSync(folder, join(dist, relative(root, folder)), { recursive: true, filter });
    const { dependencies = {} } = JSON.parse(readFileSync(manifest, "utf8"));
    for (const dependency of Object.keys(dependencies)) copy(dependency, manifest);
  };
  for (const name of lazyPackages) copy(name, join(root, "package.json"));
}

if (import.meta.main) {
  await buildService();
  if (process.argv.includes("--image")) copyLazyPackages();
}
