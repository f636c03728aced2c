// Preloaded into the service, for a fault that the test triggers: SIGUSR2 throws where nothing catches, SIGWINCH leaves a
// rejection unhandled. With NEVER_LISTENS the service does not get beyond its start.
import { Server } from "node:net";

process.on("SIGUSR2", () => {
  throw new TypeError("uncaught canary");
});
process.on("SIGWINCH", () => {
  void Promise.reject(new RangeError("unhandled canary"));
});

if (process.env.NEVER_LISTENS !== undefined) {
  Server.prototype.listen = function listen() {
    process.stdout.write("starting\n");
    setTimeout(() => {}, 60_000);
    return this;
  };
}
