import process from "node:process";
import type { DestinationStream } from "pino";
import { type Config, describeConfig, findConfigWarnings } from "./config.ts";
import type { Runnable } from "./run-service.ts";
import { createService, type ServiceOptions } from "./service.ts";
import { createLogDestination } from "./telemetry/log-destination.ts";
import { createLogger } from "./telemetry/logger.ts";
import { startTracing } from "./telemetry/tracing.ts";
import { version } from "./version.ts";

/**
 * Creates a service with its log and traces, and warns about its settings.
 * @param destination gets the log lines; standard output unless given.
 */
export async function prepareService(
  config: Config,
  options: Partial<ServiceOptions>,
  destination?: DestinationStream,
): Promise<Runnable> {
  const log = createLogDestination();
  const serviceName = process.env.OTEL_SERVICE_NAME?.trim() || "contactswing-bff";
  const logger = createLogger({ level: config.logLevel, serviceName, version, destination: destination ?? log });
  log.onRecovery = (droppedLines) => logger.warn({ "log.dropped_lines": droppedLines }, "log lines were dropped");
  const tracing = await startTracing({ environment: process.env, version, logger });
  for (const warning of findConfigWarnings(config, process.env)) logger.warn(warning);
  return {
    service: createService({
      config,
      logger,
      version,
      tracing,
      countDroppedLogLines: () => log.droppedLines,
      ...options,
    }),
    logger,
    shutdownDelayMs: config.shutdownDelayMs,
    startFields: describeConfig(config),
    log,
  };
}
