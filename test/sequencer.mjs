import Sequencer from "@jest/test-sequencer";

/** Begins with the unit tests, which take seconds; the others follow as Jest orders them, the longest first. */
// biome-ignore lint/style/noDefaultExport: Jest takes a sequencer by its default export
export default class UnitTestsFirst extends Sequencer {
  sort(tests) {
    const isUnit = ({ path }) => Number(path.includes("/test/unit/"));
    return super.sort(tests).sort((a, b) => isUnit(b) - isUnit(a));
  }
}
