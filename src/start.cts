// The first file of the process, in syntax that every version of Node.js can read: checks the version, and enables the
// compile cache that the build wrote next to the bundle.
import nodeModule = require("node:module");

const { engines } = require("../package.json") as { engines: { node: string } };
const required = Number(/\d+/.exec(engines.node));
if (Number.parseInt(process.versions.node, 10) < required) {
  process.stderr.write(`contactswing-bff needs Node.js ${required} or later; this is ${process.version}.\n`);
  process.exit(1);
}
nodeModule.enableCompileCache({ directory: `${__dirname}/compile-cache`, portable: true });
// Stack traces in the log name the lines of src/*.ts. The map is read with the first of them.
process.setSourceMapsEnabled(true);
require("./server.cjs");
