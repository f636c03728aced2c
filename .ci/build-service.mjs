// Bundles the service of src/main.ts into dist/server.cjs: finding,
// reading and linking a thousand files is most of a start. CommonJS, because an import of node:http as an ES module
// reads all of its exports, one of which loads undici: a tenth of the start and of the memory.
// Then starts it once for V8's compile cache.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { build } from "esbuild";

const root = new URL("../", import.meta.url);

await build({
  absWorkingDir: root.pathname,
  entryPoints: ["src/main.ts"],
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
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  sourcemap: "linked",
  sourcesContent: false,
  logLevel: "warning",
});

// Fills the compile cache: the process writes it when it ends. It counts for this file, V8's version and options, and the
// kind of processor: the options are those of the start script, and on another processor the start is slower, no more.
const service = spawn(process.execPath, ["dist/start.cjs"], {
  cwd: root,
  env: { NODE_ENV: "production", HOST: "127.0.0.1", PORT: "0", CONTACTSWING_URL: "http://127.0.0.1:1" },
  stdio: ["ignore", "pipe", "inherit"],
});
const exit = once(service, "exit");
for await (const line of createInterface(service.stdout)) {
  if (line.includes('"listening"')) service.kill("SIGINT");
}
const [code] = await exit;
if (code !== 0) throw new Error("the built service does not start");

// Node writes it for its own user alone; the image runs as another one.
const cache = new URL("dist/compile-cache/", root);
for (const file of readdirSync(cache, { recursive: true, withFileTypes: true })) {
  if (file.isFile()) chmodSync(join(file.parentPath, file.name), 0o644);
}
