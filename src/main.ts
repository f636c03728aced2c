import process from "node:process";
import { readConfig } from "./config.ts";
import { run } from "./run.ts";
import { demoToken } from "./sandbox/demo-token.ts";
import { createService } from "./service.ts";
import { createTracer } from "./telemetry/create-tracer.ts";
import { createLogger } from "./telemetry/logger.ts";
import { version } from "./version.ts";

void run(process, async () => {
  const config = readConfig(process.env);
  const logger = createLogger(config.logLevel, process.stdout);
  const tracer = await createTracer(config.tracing, logger, version);
  const service = createService({ config, logger, version, process, tracer, refusedToken: demoToken });
  return { service, logger, shutdownDelayMs: config.shutdownDelayMs };
});
