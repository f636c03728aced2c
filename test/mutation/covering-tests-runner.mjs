import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import TestRunner from "jest-runner";

// Named by Stryker's instrumentation: the mutant of this run, absent in the run that measures coverage.
const mutantVariable = "__STRYKER_ACTIVE_MUTANT__";

/** Test files that killed a mutant in this process, the latest first: neighbours tend to die of the same tests. */
const killers = [];

/**
 * Runs the test files of one mutant. Stryker asks for tests by name, and Jest loads every file to find them. This
 * runner remembers from the first run, which has no mutant, which tests a file has and how long it took; later it
 * leaves out the files without a test that is asked for, begins with the likeliest and ends with the first that fails.
 */
// biome-ignore lint/style/noDefaultExport: Jest takes a runner by its default export
export default class CoveringTestsRunner extends TestRunner {
  async runTests(tests, watcher, options) {
    const memory = join(this._globalConfig.rootDir, "test-files.json");
    if (process.env[mutantVariable] === undefined) {
      const files = {};
      this.on("test-file-success", ([test, { testResults, perfStats }]) => {
        files[test.path] = { names: testResults.map(({ fullName }) => fullName), runtime: perfStats.runtime };
      });
      await super.runTests(tests, watcher, options);
      writeFileSync(memory, JSON.stringify(files));
      return;
    }
    const files = JSON.parse(readFileSync(memory, "utf8"));
    const { testNamePattern } = this._globalConfig;
    const pattern = new RegExp(testNamePattern ?? "", "i");
    const rank = ({ path }) => (killers.includes(path) ? killers.indexOf(path) - killers.length : files[path].runtime);
    const covering = tests
      .filter(({ path }) => files[path].names.some((name) => pattern.test(name)))
      .sort((one, other) => rank(one) - rank(other));
    for (const test of covering) {
      let hasFailed = false;
      const isOver = (failed) => {
        hasFailed ||= failed;
      };
      const endings = [
        this.on("test-file-failure", () => isOver(true)),
        this.on("test-file-success", ([, { numFailingTests }]) => isOver(numFailingTests > 0)),
      ];
      await super.runTests([test], watcher, options);
      for (const end of endings) end();
      if (!hasFailed) continue;
      if (killers.includes(test.path)) killers.splice(killers.indexOf(test.path), 1);
      killers.unshift(test.path);
      return;
    }
  }
}
