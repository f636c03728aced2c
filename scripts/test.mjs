// Everything that CI checks, in the order of how soon a step can fail. Prints `N passed, N failed` as its last line.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("..", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-test-"));
const report = join(folder, "jest.json");

// The tests of the Redis store are left out where there is no Redis, and then its code cannot be asked to be covered.
const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;
if (!hasRedis) console.log("LEFT OUT: the tests of the store in Redis, since redis-server is not installed");

const steps = [
  ["format and lint", "biome", ["check", "--error-on-warnings", "."]],
  ["build", "npm", ["run", "--silent", "build"]],
  ["types of the tests", "tsc", ["-p", "test/tsconfig.json"]],
  ["generated files", "tsx", [".ci/generate.ts", "--check"]],
  ["change of the schema", "node", ["--no-warnings", ".ci/check-schema-change.ts"]],
  [
    "tests and coverage",
    "node",
    [
      "--experimental-vm-modules",
      "--no-warnings",
      "node_modules/jest/bin/jest.js",
      "--coverage",
      "--json",
      `--outputFile=${report}`,
      ...(hasRedis ? [] : ["--coveragePathIgnorePatterns=/node_modules/|/src/idempotency/redis-"]),
      ...process.argv.slice(2),
    ],
  ],
];

let passed = 0;
let failed = 0;
for (const [name, command, words] of steps) {
  console.log(`\n# ${name}`);
  const { status } = spawnSync(command, words, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (status === 0) passed += 1;
  else failed += 1;
  console.log(status === 0 ? `ok: ${name}` : `FAILED: ${name}`);
}

try {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  passed += numPassedTests;
  failed += numFailedTests;
  // A program that they need is missing; the title says which. They count as neither.
  const leftOut = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === "pending").map(({ fullName }) => fullName),
  );
  if (leftOut.length > 0) console.log(`\nLEFT OUT, ${leftOut.length} tests:\n  ${leftOut.join("\n  ")}`);
} catch {
  failed += 1;
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
