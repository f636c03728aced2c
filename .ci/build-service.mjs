// Bundles the service of dist/main.js, as tsc wrote it with its decorators' metadata, into dist/server.cjs: finding,
// reading and linking a thousand files is most of a start. CommonJS, because an import of node:http as an ES module
// reads all of its exports, one of which loads undici: a tenth of the start and of the memory.
// Then starts it once for V8's compile cache.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "none",
  // Not for Node, but for the positions below.
  sourcemap: "external",
  sourcesContent: false,
  logLevel: "warning",
});

// Which place in the bundle is which line of our own modules, for the place of a bug in a log line. The whole map would
// cost a process that has a bug already a tenth of a second and 80 MB.
const mapFile = new URL("dist/server.cjs.map", root);
writeFileSync(
  new URL("dist/server.positions.json", root),
  JSON.stringify(readPositions(JSON.parse(readFileSync(mapFile)))),
);
rmSync(mapFile);

/** Per line of the bundle, in the order of columns: [column, place] where a place of our own, or else null, begins. */
function readPositions({ sources, mappings }) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let source = 0;
  let originalLine = 0;
  return mappings.split(";").map((segments) => {
    const places = [];
    let column = 0;
    for (const segment of segments === "" ? [] : segments.split(",")) {
      // ECMA-426: base64 digits of five bits, the lowest first, with a bit for "more follows"; the sign is the lowest bit.
      const numbers = [0];
      let shift = 0;
      for (const digit of segment) {
        const bits = alphabet.indexOf(digit);
        numbers[numbers.length - 1] += (bits & 31) << shift;
        shift = bits & 32 ? shift + 5 : 0;
        if (shift === 0) numbers.push(0);
      }
      const [columnStep, sourceStep = 0, lineStep = 0] = numbers.map((number) => (number & 1 ? -1 : 1) * (number >> 1));
      column += columnStep;
      source += sourceStep;
      originalLine += lineStep;
      const isOwn = !sources[source].includes("node_modules");
      const place = isOwn ? `${sources[source]}:${originalLine + 1}` : null;
      if (places.length === 0 || places.at(-1)[1] !== place) places.push([column, place]);
    }
    return places.length === 1 && places[0][1] === null ? [] : places;
  });
}

// Fills the compile cache: the process writes it when it ends. It counts for this file, V8's version and options, and the
// kind of processor: the options are those of the start script, and on another processor the start is slower, no more.
const { scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
const [, ...words] = scripts.start.split(" ");
const service = spawn(process.execPath, words, {
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
