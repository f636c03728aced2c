import TestRunner from "jest-runner";

/** Runs test files one after another, after those that run in parallel. */
// biome-ignore lint/style/noDefaultExport: Jest takes a runner by its default export
export default class SerialRunner extends TestRunner {
  isSerial = true;
}
