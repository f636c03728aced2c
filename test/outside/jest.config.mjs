const common = {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts", ".tsx"],
  transform: { "\\.tsx?$": "<rootDir>/../../esbuild-transform.mjs" },
};

const project = (name, options) => ({
  ...common,
  displayName: name,
  rootDir: `${import.meta.dirname}/${name}`,
  ...options,
});

// biome-ignore lint/style/noDefaultExport: Jest takes its configuration by its default export
export default {
  testTimeout: 60_000,
  // Relay holds a timer of five minutes for a query that was loaded.
  forceExit: true,
  projects: [
    project("deploy"),
    project("browser", { globalSetup: "<rootDir>/../../build-playground.mjs" }),
    project("clients", {
      globalSetup: "<rootDir>/prepare.mjs",
      setupFiles: ["<rootDir>/dom.ts"],
      transform: { "/recipes/relay.*\\.tsx$": "<rootDir>/relay-transform.mjs", ...common.transform },
    }),
    project("gateways"),
  ],
};
