// Preloaded into the service by memory tests: on SIGUSR2 it collects all garbage and prints what is left.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

process.on("SIGUSR2", async () => {
  // What a finalizer releases is collected by the next round.
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  process.stderr.write(`memory ${JSON.stringify(process.memoryUsage())}\n`);
});
