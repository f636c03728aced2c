// Compiles TypeScript for Jest with the compiler that also builds the service and runs it in development.
import { createHash } from "node:crypto";
import { transform, version } from "esbuild";

const options = {
  target: "node26",
  sourcemap: true,
  sourcesContent: false,
  tsconfigRaw: {
    compilerOptions: {
      experimentalDecorators: true,
      jsx: "react-jsx",
      useDefineForClassFields: true,
    },
  },
};

// biome-ignore lint/style/noDefaultExport: Jest takes a transformer by its default export
export default {
  getCacheKey: (source, path) =>
    createHash("sha256")
      .update([version, JSON.stringify(options), path, source].join("\0"))
      .digest("hex"),
  processAsync: (source, path) =>
    transform(source, { ...options, sourcefile: path, loader: path.endsWith("x") ? "tsx" : "ts" }),
};
