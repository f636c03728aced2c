import process from "node:process";
import { describeConfig, findConfigWarnings, readConfig } from "./config.ts";
import { runService } from "./run-service.ts";
import { demoToken } from "./sandbox/demo-token.ts";
import { createService } from "./service.ts";
import { createLogDestination } from "./telemetry/log-destination.ts";
import { createLogger } from "./telemetry/logger.ts";
import { startTracing } from "./telemetry/tracing.ts";
import { version } from "./version.ts";

void runService(async () => {
  const config = readConfig(process.env);
  const log = createLogDestination();
  const logger = createLogger(config.logLevel, version, log);
  const tracing = await startTracing({ environment: process.env, version, logger });
  for (const warning of findConfigWarnings(config, process.env)) logger.warn(warning);
  return {
    service: createService({ config, logger, version, tracing, rejectedToken: demoToken }),
    logger,
    shutdownDelayMs: config.shutdownDelayMs,
    startFields: describeConfig(config),
    log,
  };
});
