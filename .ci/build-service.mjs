// Bundles the service of dist/main.js, as tsc wrote it with its decorators' metadata, into dist/server.cjs: finding,
// reading and linking a thousand files is most of a start. CommonJS, because an import of node:http as an ES module
// reads all of its exports, one of which loads undici: a tenth of the start and of the memory.
import { build } from "esbuild";

await build({
  absWorkingDir: new URL("../", import.meta.url).pathname,
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
