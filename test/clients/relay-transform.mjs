// What a frontend's build does: graphql`…` becomes an import of what relay-compiler has generated.
import { transformSync } from "@babel/core";
import swcJest from "@swc/jest";

const swc = swcJest.createTransformer({
  jsc: {
    parser: { syntax: "typescript", tsx: true },
    transform: { react: { runtime: "automatic" } },
    target: "es2023",
  },
  module: { type: "es6" },
});

// biome-ignore lint/style/noDefaultExport: jest loads a transformer by its default export
export default {
  process(source, filename, options) {
    const { code } = transformSync(source, {
      filename,
      babelrc: false,
      configFile: false,
      parserOpts: { plugins: ["typescript", "jsx"] },
      plugins: [["relay", { eagerEsModules: true }]],
    });
    return swc.process(code, filename, options);
  },
};
