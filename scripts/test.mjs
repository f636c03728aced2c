// `npm test`: everything that CI checks, the quickest first. `npm test -- <name> …` runs checks and suites by their
// names, or the test files whose paths contain the name. The last line is `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { packageFolder as playgroundFolder } from "./build-playground.mjs";
import { install } from "./install.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const isCi = Boolean(process.env.CI);
const words = process.argv.slice(2);
const isFixing = words.includes("--fix");
const names = words.filter((word) => word !== "--fix");

/** Heavy checks: packages of their own, installed when they first run. Each has a script `test` that runs Jest. */
const packages = globSync("test/*/package.json", { cwd: root })
  .filter((path) => JSON.parse(readFileSync(join(root, path), "utf8")).scripts?.test !== undefined)
  .map((path) => basename(dirname(path)))
  .sort();

let passed = 0;
let failed = 0;
const leftOut = [];
const count = (isPassed) => {
  if (isPassed) passed += 1;
  else failed += 1;
};

function run([command, ...rest], folder = "") {
  const binaries = ["node_modules/.bin", "test/node_modules/.bin"].map((path) => join(root, path));
  const env = { ...process.env, PATH: [...binaries, process.env.PATH].join(delimiter) };
  return (
    spawnSync(command, rest, { cwd: join(root, folder), env, stdio: ["ignore", "inherit", "inherit"] }).status === 0
  );
}

function runStep(name, command, folder) {
  console.log(`\n# ${name}`);
  const startedAt = performance.now();
  const isPassed = run(command, folder);
  console.log(`${isPassed ? "ok" : "FAILED"}: ${name}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  count(isPassed);
}

/** Runs a command that runs Jest, and counts its tests. */
function runJest(name, command, folder) {
  const reportFolder = mkdtempSync(join(tmpdir(), "contactswing-bff-test-"));
  const report = join(reportFolder, "jest.json");
  runStep(name, [...command, "--json", `--outputFile=${report}`], folder);
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
    passed += numPassedTests;
    failed += numFailedTests;
    // A program that they need is missing; the title says which.
    const pending = testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === "pending").map(({ fullName }) => fullName),
    );
    if (pending.length > 0) leftOut.push(`${name}, ${pending.length} tests:\n    ${pending.join("\n    ")}`);
  }
  rmSync(reportFolder, { recursive: true });
}

function runTests(patterns = []) {
  const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
  if (!hasRedis) leftOut.push("tests of the store in Redis: redis-server is not installed");
  const coverage = [
    "--coverage",
    ...(hasRedis ? [] : ["--coveragePathIgnorePatterns=/node_modules/|/src/idempotency/redis-"]),
  ];
  const jest = ["node", "--experimental-vm-modules", "--no-warnings", "node_modules/jest/bin/jest.js"];
  const options = ["--config", "test/jest.config.mjs", ...(patterns.length === 0 ? coverage : [])];
  runJest(["tests", ...patterns].join(" "), [...jest, ...options, ...patterns]);
}

function runPackage(name, patterns = []) {
  if (install(`test/${name}`)) {
    runJest([name, ...patterns].join(" "), ["npm", "test", "--silent", "--", ...patterns], `test/${name}`);
    return;
  }
  leftOut.push(`${name}: its packages could not be installed`);
  if (isCi) count(false);
}

function runPlaygroundTypes() {
  if (install(playgroundFolder)) runStep("types of the playground", ["tsc", "-p", playgroundFolder]);
  else leftOut.push("types of the playground: its packages could not be installed");
}

const steps = {
  format: () => runStep("format", ["biome", "check", "--error-on-warnings", ...(isFixing ? ["--write"] : []), "."]),
  types: () => runStep("types", ["tsc", "-p", "test/tsconfig.json"]),
  generated: () => runStep("generated", ["tsx", "scripts/generate.ts", "--check"]),
  schema: () => runStep("schema", ["node", "--no-warnings", "test/schema-gate/check-schema-change.ts"]),
  tests: () => runTests(),
  "playground-types": runPlaygroundTypes,
  ...Object.fromEntries(packages.map((name) => [name, () => runPackage(name)])),
};

/** Runs the test files whose paths contain a text, each in its package, or in test/ itself. */
function runMatching(text) {
  const files = globSync("test/**/*.test.{ts,tsx}", { cwd: root, exclude: (path) => path.endsWith("node_modules") });
  const matching = files.filter((path) => path.includes(text));
  const owners = new Set(matching.map((path) => packages.find((name) => path.startsWith(`test/${name}/`))));
  for (const owner of owners) {
    if (owner === undefined) runTests([text]);
    else runPackage(owner, [text]);
  }
  if (matching.length > 0) return;
  console.error(`${text} is none of ${Object.keys(steps).join(", ")} and in no test file's path`);
  count(false);
}

if (!install("test")) {
  console.error("The packages of test/ could not be installed.");
  process.exit(1);
}
for (const name of names.length > 0 ? names : Object.keys(steps)) {
  if (Object.hasOwn(steps, name)) steps[name]();
  else runMatching(name);
}

if (leftOut.length > 0) console.log(`\nLEFT OUT:\n  ${leftOut.join("\n  ")}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
