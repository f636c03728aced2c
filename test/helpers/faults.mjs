// Preloaded into the service, for a fault that the test triggers: SIGUSR2 throws where nothing catches, SIGHUP leaves a
// rejection unhandled. FAULT_AT_START is what happens instead of listening: "throw" or "hang".
import { Server } from "node:net";

process.on("SIGUSR2", () => {
  throw new TypeError("uncaught canary");
});
process.on("SIGHUP", () => {
  void Promise.reject(new RangeError("unhandled canary"));
});

const fault = process.env.FAULT_AT_START;
if (fault) {
  Server.prototype.listen = function listen() {
    process.stdout.write("starting\n");
    setTimeout(() => {
      if (fault === "throw") throw new Error("a part broke");
    });
    return this;
  };
}
