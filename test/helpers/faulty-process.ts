// The service with a fault that a test sets off: SIGUSR2 throws where nobody catches, SIGHUP leaves a rejection
// to nobody, and FAULT_AT_START does the same before the service listens.
import { readConfig } from "../../src/config.ts";
import { run } from "../../src/run.ts";
import { createService } from "../../src/service.ts";
import { createLogger } from "../../src/telemetry/logger.ts";

process.on("SIGUSR2", () => {
  throw new TypeError("canary in a message");
});
process.on("SIGHUP", () => {
  // biome-ignore lint/nursery/noFloatingPromises: this is the fault
  Promise.reject(new RangeError("canary in a rejection"));
});

await run(process, async () => {
  if (process.env.HANG_AT_START) {
    process.stdout.write("starting\n");
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  }
  if (process.env.FAULT_AT_START) {
    setTimeout(() => {
      throw new Error("a part broke");
    });
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  }
  const config = readConfig(process.env);
  const logger = createLogger(config.logLevel, process.stdout);
  const service = createService({ config, logger, version: "0.0.0-test", process });
  return { service, logger, shutdownDelayMs: config.shutdownDelayMs };
});
