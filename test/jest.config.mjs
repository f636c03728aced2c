import { globSync } from "node:fs";
import { dirname } from "node:path";

const root = new URL("..", import.meta.url).pathname;

const toPath = (name) => `<rootDir>/test/${name}.test.ts`;

/** Tests that depend on time: they run alone. */
const serial = ["drain", "overload"].map(toPath);

/** Tests that start the built service. */
const built = ["check-upstream", "idempotency-redis", "memory", "process", "rolling-restart", "sandbox-process"].map(
  toPath,
);

/** Tests of what the playground's build writes. */
const playground = ["<rootDir>/test/playground.test.ts"];

// Packages of their own, which bring their own dependencies: scripts/test.mjs runs those.
const packages = globSync("test/*/package.json", { cwd: root }).map((path) => `<rootDir>/${dirname(path)}/`);

const common = {
  rootDir: root,
  roots: ["<rootDir>/test"],
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "<rootDir>/test/esbuild-transform.mjs" },
  modulePathIgnorePatterns: packages,
};

// biome-ignore lint/style/noDefaultExport: Jest takes its configuration by its default export
export default {
  rootDir: root,
  maxWorkers: 2,
  testTimeout: 30_000,
  testSequencer: "<rootDir>/test/sequencer.mjs",
  projects: [
    {
      ...common,
      displayName: "parallel",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: ["/node_modules/", ...packages, ...serial, ...built, ...playground],
    },
    {
      ...common,
      displayName: "playground",
      testMatch: playground,
      globalSetup: "<rootDir>/test/build-playground.mjs",
    },
    {
      ...common,
      displayName: "built",
      testMatch: built,
      globalSetup: "<rootDir>/test/build-service.mjs",
    },
    {
      ...common,
      displayName: "serial",
      testMatch: serial,
      runner: "<rootDir>/test/serial-runner.mjs",
      globalSetup: "<rootDir>/test/build-service.mjs",
    },
  ],
  coverageProvider: "v8",
  coverageReporters: ["text-summary", "lcovonly"],
  collectCoverageFrom: ["src/**/*.ts", "!src/main.ts", "!src/dev*.ts", "!src/sandbox-main.ts", "!src/**/browser/**"],
  coverageThreshold: { global: { lines: 95, branches: 95 } },
};
