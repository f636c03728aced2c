// Bundles the service of dist/main.js, as tsc wrote it with its decorators' metadata, into dist/server.cjs: finding,
// reading and linking a thousand files is most of a start. CommonJS, because an import of node:http as an ES module
// reads all of its exports, one of which loads undici: a tenth of the start and of the memory.
// Then starts it once for V8's compile cache, which saves a fifth of a start.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { build } from "esbuild";

const root = new URL("../", import.meta.url);

await build({
  absWorkingDir: root.pathname,
  entryPoints: ["dist/main.js"],
  outfile: "dist/server.cjs",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node26",
  mainFields: ["module", "main"],
  external: [
    // Loaded only when something is configured that needs them, or never.
    "@redis/client",
    "jose",
    "@opentelemetry/*",
    "@apollo/usage-reporting-protobuf",
    // Finds Node's own hash, and not a slow one in JavaScript, only from where it lies.
    "@apollo/utils.createhash",
  ],
  define: { "import.meta.url": "bundleUrl" },
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  // Names are kept: logs tell errors by their class.
  minifyWhitespace: true,
  minifySyntax: true,
  keepNames: true,
  legalComments: "none",
  // For the place of a bug in a log line; Node itself does not look at it.
  sourcemap: "external",
  sourcesContent: false,
  logLevel: "warning",
});

// Fills the compile cache: the process writes it when it ends. Node checks it against the file and V8's options, so
// these must be those of the start script.
const { scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const [, ...words] = scripts.start.split(" ");
const service = spawn(process.execPath, words, {
  cwd: root,
  env: { NODE_ENV: "production", HOST: "127.0.0.1", PORT: "0", CONTACTSWING_URL: "http://127.0.0.1:1" },
  stdio: ["ignore", "pipe", "inherit"],
});
for await (const line of createInterface(service.stdout)) {
  if (line.includes('"listening"')) service.kill("SIGINT");
}
if (service.exitCode === null) await once(service, "exit");
if (service.exitCode !== 0) throw new Error("the built service does not start");

// Node writes it for its own user alone; the image runs as another one.
const cache = new URL("dist/compile-cache/", root);
for (const file of readdirSync(cache, { recursive: true, withFileTypes: true })) {
  if (file.isFile()) chmodSync(join(file.parentPath, file.name), 0o644);
}
