// `npm test`: everything that CI checks, the quickest first. `npm test -- <name> …` runs checks by their names, or the
// test files whose paths contain the name. The last line is `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { packageFolder as playgroundFolder } from "./build-playground.mjs";
import { install } from "./install.mjs";

const root = join(import.meta.dirname, "..");
const outsideFolder = "test/outside";
const isFixing = process.argv.includes("--fix");
const names = process.argv.slice(2).filter((word) => word !== "--fix");

let passed = 0;
let failed = 0;
const leftOut = [];

function isInstalled(folder) {
  if (install(folder)) return true;
  leftOut.push(`what needs the packages of ${folder}: they could not be installed`);
  if (process.env.CI) failed += 1;
  return false;
}

function runStep(name, command, ...words) {
  console.log(`\n# ${name}`);
  const startedAt = performance.now();
  const { status } = spawnSync(command, words, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok" : "FAILED"}: ${name}, ${seconds} s`);
  if (status === 0) passed += 1;
  else failed += 1;
}

/** Runs Jest with the configuration in a folder, and counts its tests. */
function runJest(name, folder, ...options) {
  const report = join(tmpdir(), `contactswing-bff-test-${process.pid}.json`);
  const jest = ["--experimental-vm-modules", "--no-warnings", "node_modules/jest/bin/jest.js"];
  runStep(name, "node", ...jest, `--config=${folder}/jest.config.mjs`, "--json", `--outputFile=${report}`, ...options);
  if (!existsSync(report)) return;
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  rmSync(report);
  passed += numPassedTests;
  failed += numFailedTests;
  // A program that they need is missing; the title says which.
  const pending = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === "pending")
    .map(({ fullName }) => fullName);
  if (pending.length > 0) leftOut.push(`${name}, ${pending.length} tests:\n    ${pending.join("\n    ")}`);
}

function runTests() {
  const options = ["--selectProjects", "service", "built", "playground", "--coverage"];
  if (spawnSync("redis-server", ["--version"]).status !== 0) {
    leftOut.push("tests of the store in Redis: redis-server is not installed");
    options.push("--coveragePathIgnorePatterns=/node_modules/|/src/idempotency/redis-");
  }
  runJest("tests", "test", ...options);
  runJest("tests that depend on time", "test", "--selectProjects", "timing", "--runInBand");
}

const steps = {
  format: () => runStep("format", "biome", "check", "--error-on-warnings", ...(isFixing ? ["--write"] : []), "."),
  types: () => runStep("types", "tsc", "-p", "test"),
  generated: () => runStep("generated", "tsx", "scripts/generate.ts", "--check"),
  schema: () => runStep("schema", "node", "--no-warnings", "test/schema-gate/check-schema-change.ts"),
  tests: runTests,
  "playground-types": () => {
    if (isInstalled(playgroundFolder)) runStep("playground-types", "tsc", "-p", playgroundFolder);
  },
  outside: () => {
    if (!isInstalled(outsideFolder)) return;
    runStep("types of the tests from outside", "tsc", "-p", outsideFolder);
    runJest("tests from outside", outsideFolder);
  },
};

/** Runs the test files whose paths contain a text. */
function runMatching(text) {
  const exclude = (path) => path.endsWith("node_modules");
  const matching = globSync("test/**/*.test.{ts,tsx}", { cwd: root, exclude }).filter((path) => path.includes(text));
  const outside = matching.filter((path) => path.startsWith(outsideFolder));
  if (matching.length === 0) {
    console.error(`${text} is none of ${Object.keys(steps).join(", ")} and in no test file's path`);
    failed += 1;
  }
  if (matching.length > outside.length) runJest(`tests ${text}`, "test", text);
  if (outside.length > 0 && isInstalled(outsideFolder)) runJest(`tests ${text} from outside`, outsideFolder, text);
}

for (const name of names.length > 0 ? names : Object.keys(steps)) {
  if (Object.hasOwn(steps, name)) steps[name]();
  else runMatching(name);
}

if (leftOut.length > 0) console.log(`\nLEFT OUT:\n  ${leftOut.join("\n  ")}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
