// What a frontend's build does: graphql`…` becomes an import of what relay-compiler has generated.
import { transformSync } from "@babel/core";
import relay from "babel-plugin-relay";
import compiler from "../../esbuild-transform.mjs";

// biome-ignore lint/style/noDefaultExport: Jest takes a transformer by its default export
export default {
  processAsync(source, path) {
    const { code } = transformSync(source, {
      filename: path,
      babelrc: false,
      configFile: false,
      parserOpts: { plugins: ["typescript", "jsx"] },
      plugins: [[relay, { eagerEsModules: true }]],
    });
    return compiler.processAsync(code, path);
  },
};
