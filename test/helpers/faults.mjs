// Preloaded into the service, for a fault that the test triggers: SIGUSR2 throws where nothing catches, SIGHUP leaves a
// rejection unhandled. With FAULT_AT_START the service never listens, and fails after so many milliseconds.
import { Server } from "node:net";

process.on("SIGUSR2", () => {
  throw new TypeError("uncaught canary");
});
process.on("SIGHUP", () => {
  void Promise.reject(new RangeError("unhandled canary"));
});

const failsAfterMs = process.env.FAULT_AT_START;
if (failsAfterMs !== undefined) {
  Server.prototype.listen = function listen() {
    process.stdout.write("starting\n");
    setTimeout(() => {
      throw new Error("a part broke");
    }, Number(failsAfterMs));
    return this;
  };
}
