import process from "node:process";
import type { DestinationStream } from "pino";
import { type Config, describeConfig, findConfigWarnings } from "../config.ts";
import { createService, type Service, type ServiceOptions } from "../service.ts";
import { createLogDestination, type LogDestination } from "../telemetry/log-destination.ts";
import { createLogger, type Logger } from "../telemetry/logger.ts";
import { startTracing } from "../telemetry/tracing.ts";
import { version } from "./version.ts";

/** A service that is ready to be started, and what belongs to its process. */
export interface ServiceProcess {
  readonly service: Service;
  readonly logger: Logger;
  readonly shutdownDelayMs: number;
  /** Logged once the service listens. */
  readonly startFields: Readonly<Record<string, unknown>>;
  readonly onStarted?: (url: string) => void;
  readonly log: LogDestination;
}

/**
 * Creates a service with its log and traces, and warns about its settings.
 * @param destination gets the log lines; standard output unless given.
 */
export async function createServiceProcess(
  config: Config,
  options: Partial<ServiceOptions>,
  destination?: DestinationStream,
): Promise<ServiceProcess> {
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
