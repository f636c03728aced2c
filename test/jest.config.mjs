const root = new URL("..", import.meta.url).pathname;

const toPath = (name) => `<rootDir>/test/${name}.test.ts`;

/** Tests that start the built service. */
const built = ["check-upstream", "idempotency-redis", "memory", "process", "rolling-restart", "sandbox-process"].map(
  toPath,
);

/** Tests of what the playground's build writes. */
const playground = [toPath("playground")];

/** Tests that depend on time: scripts/test.mjs runs them alone. */
const timing = ["attack-costs", "drain", "fuzz-costs", "overload"].map(toPath);

// It has packages and a configuration of its own.
const outside = "<rootDir>/test/outside/";

const common = {
  rootDir: root,
  roots: ["<rootDir>/test"],
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/test/esbuild-transform.mjs" },
  modulePathIgnorePatterns: [outside],
};

// biome-ignore lint/style/noDefaultExport: Jest takes its configuration by its default export
export default {
  rootDir: root,
  maxWorkers: 2,
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: "service",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: [outside, ...built, ...playground, ...timing],
    },
    {
      ...common,
      displayName: "built",
      testMatch: built,
      globalSetup: "<rootDir>/test/build-service.mjs",
    },
    {
      ...common,
      displayName: "playground",
      testMatch: playground,
      globalSetup: "<rootDir>/test/build-playground.mjs",
    },
    {
      ...common,
      displayName: "timing",
      testMatch: timing,
      globalSetup: "<rootDir>/test/build-service.mjs",
    },
  ],
  coverageProvider: "v8",
  coverageReporters: ["text-summary", "lcovonly"],
  collectCoverageFrom: ["src/**/*.ts", "!src/**/main.ts", "!src/dev/*.ts", "!src/**/browser/**"],
  coverageThreshold: { global: { lines: 95, branches: 95 } },
};
