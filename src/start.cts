// The process's first file: V8's compiled code of the bundle is read from beside it, where the build has left it.
import nodeModule = require("node:module");

nodeModule.enableCompileCache({ directory: `${__dirname}/compile-cache`, portable: true });
// Stack traces in the log name the lines of src/*.ts. The map is read with the first of them.
process.setSourceMapsEnabled(true);
require("./server.cjs");
