// The service with a fault that a test triggers: SIGUSR2 throws where nothing catches, SIGHUP leaves a rejection
// unhandled, and FAULT_AT_START throws before the service listens.
import { readConfig } from "../../src/config.ts";
import { runService } from "../../src/run-service.ts";
import { createService } from "../../src/service.ts";
import { createLogDestination } from "../../src/telemetry/log-destination.ts";
import { createLogger } from "../../src/telemetry/logger.ts";

process.on("SIGUSR2", () => {
  throw new TypeError("uncaught canary");
});
process.on("SIGHUP", () => {
  // biome-ignore lint/nursery/noFloatingPromises: this is the fault
  Promise.reject(new RangeError("unhandled canary"));
});

await runService(async () => {
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
  const log = createLogDestination();
  const logger = createLogger(config.logLevel, "0.0.0-test", log);
  const service = createService({ config, logger, version: "0.0.0-test" });
  return { service, logger, shutdownDelayMs: config.shutdownDelayMs, startFields: {}, log };
});
