// `npm test`: everything that CI checks, the quickest first. `npm test -- <name> …` runs checks and suites by their
// names, or the test files whose paths contain the name. The last line is `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import process from "node:process";
import { packageFolder as playgroundFolder } from "./build-playground.mjs";
import { install } from "./install.mjs";

const root = join(import.meta.dirname, "..");
const isFixing = process.argv.includes("--fix");
const names = process.argv.slice(2).filter((word) => word !== "--fix");
const binaries = ["node_modules/.bin", "test/node_modules/.bin"].map((path) => join(root, path));
const env = { ...process.env, PATH: [...binaries, process.env.PATH].join(delimiter) };

/** Suites in test/ with packages of their own, installed when they first run. */
const packages = globSync("test/*/package.json", { cwd: root })
  .map((path) => basename(dirname(path)))
  .filter((name) => name !== "mutation")
  .sort();

let passed = 0;
let failed = 0;
const leftOut = [];

function isInstalled(name, folder) {
  if (install(folder)) return true;
  leftOut.push(`${name}: its packages could not be installed`);
  if (process.env.CI) failed += 1;
  return false;
}

function runStep(name, [command, ...words], folder = "") {
  console.log(`\n# ${name}`);
  const startedAt = performance.now();
  const { status } = spawnSync(command, words, {
    cwd: join(root, folder),
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok" : "FAILED"}: ${name}, ${seconds} s`);
  if (status === 0) passed += 1;
  else failed += 1;
}

/** Runs a command that runs Jest, and counts its tests. */
function runJest(name, command, folder) {
  const report = join(tmpdir(), `contactswing-bff-test-${process.pid}.json`);
  runStep(name, [...command, "--json", `--outputFile=${report}`], folder);
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

function runTests(...patterns) {
  const jest = ["node", "--experimental-vm-modules", "--no-warnings", "node_modules/jest/bin/jest.js"];
  const options = ["--config", "test/jest.config.mjs", ...(patterns.length > 0 ? patterns : ["--coverage"])];
  if (spawnSync("redis-server", ["--version"]).status !== 0) {
    leftOut.push("tests of the store in Redis: redis-server is not installed");
    options.push("--coveragePathIgnorePatterns=/node_modules/|/src/idempotency/redis-");
  }
  runJest(["tests", ...patterns].join(" "), [...jest, ...options]);
}

function runPackage(name, ...patterns) {
  const folder = `test/${name}`;
  if (!isInstalled(name, folder)) return;
  runJest([name, ...patterns].join(" "), ["npm", "test", "--silent", "--", ...patterns], folder);
}

const steps = {
  format: () => runStep("format", ["biome", "check", "--error-on-warnings", ...(isFixing ? ["--write"] : []), "."]),
  types: () => runStep("types", ["tsc", "-p", "test/tsconfig.json"]),
  generated: () => runStep("generated", ["tsx", "scripts/generate.ts", "--check"]),
  schema: () => runStep("schema", ["node", "--no-warnings", "test/schema-gate/check-schema-change.ts"]),
  tests: () => runTests(),
  "playground-types": () => {
    const name = "types of the playground";
    if (isInstalled(name, playgroundFolder)) runStep(name, ["tsc", "-p", playgroundFolder]);
  },
  ...Object.fromEntries(packages.map((name) => [name, () => runPackage(name)])),
};

/** Runs the test files whose paths contain a text, each in its package, or in test/ itself. */
function runMatching(text) {
  const files = globSync("test/**/*.test.{ts,tsx}", { cwd: root, exclude: (path) => path.endsWith("node_modules") });
  const matching = files.filter((path) => path.includes(text));
  if (matching.length === 0) {
    console.error(`${text} is none of ${Object.keys(steps).join(", ")} and in no test file's path`);
    failed += 1;
  }
  for (const owner of new Set(matching.map((path) => packages.find((name) => path.startsWith(`test/${name}/`))))) {
    if (owner === undefined) runTests(text);
    else runPackage(owner, text);
  }
}

if (!install("test")) throw new Error("The packages of test/ could not be installed.");
for (const name of names.length > 0 ? names : Object.keys(steps)) {
  if (Object.hasOwn(steps, name)) steps[name]();
  else runMatching(name);
}

if (leftOut.length > 0) console.log(`\nLEFT OUT:\n  ${leftOut.join("\n  ")}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
