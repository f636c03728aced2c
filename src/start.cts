// The process's first file: V8's compiled code of the bundle is read from beside it, where the build has left it.
import nodeModule = require("node:module");

nodeModule.enableCompileCache({ directory: `${__dirname}/compile-cache`, portable: true });
require("./server.cjs");
