import { globSync } from "node:fs";

// Tests that start processes or measure time are slow and kill no mutant that the others leave alive.
const slow =
  /\/(?:drain|idempotency-redis|memory|overload|process|redis-connection|rolling-restart|runbook|sandbox-process|event-loop-gauge|check-upstream|dev|playground|observability|attacks)\.test\.ts$/;

// biome-ignore lint/style/noDefaultExport: Stryker takes its configuration by its default export
export default {
  plugins: ["@stryker-mutator/jest-runner"],
  testRunner: "jest",
  testRunnerNodeArgs: ["--experimental-vm-modules", "--no-warnings"],
  coverageAnalysis: "perTest",
  mutate: [
    "src/auth/*.ts",
    "src/contactswing/!(rest-operation|transport).ts",
    "src/failures/*.ts",
    "src/graphql/{entity-references,error-gate,operation-limits,protocol-errors,public-error,root-field-limits,variable-errors}.ts",
    "src/idempotency/*.ts",
    "src/operations/*/{cursor,input,resolver,rest,walk-pages}.ts",
    "src/validation/*.ts",
  ],
  jest: {
    enableFindRelatedTests: false,
    config: {
      testEnvironment: "node",
      testTimeout: 20_000,
      runner: "<rootDir>/test/mutation/covering-tests-runner.mjs",
      extensionsToTreatAsEsm: [".ts"],
      transform: { "\\.ts$": "<rootDir>/test/esbuild-transform.mjs" },
      testMatch: globSync("test/{*,unit/*}.test.ts")
        .filter((path) => !slow.test(`/${path}`))
        .map((path) => `<rootDir>/${path}`),
    },
  },
  concurrency: 2,
  maxTestRunnerReuse: 100,
  timeoutMS: 10_000,
  disableTypeChecks: true,
  tsconfigFile: "none: TypeScript 7 has no API for rewriting it, and nothing here needs it rewritten",
  ignorePatterns: ["/dist", "/coverage", "/reports", "/bench", "/test/*/node_modules", "/src/**/node_modules"],
  tempDirName: ".stryker-tmp",
  cleanTempDir: "always",
  reporters: ["clear-text", "json", "html"],
  clearTextReporter: { reportTests: false, logTests: false, allowColor: false },
  thresholds: { high: 95, low: 90, break: 90 },
};
