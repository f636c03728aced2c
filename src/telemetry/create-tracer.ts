import type { TracingConfig } from "../tracing-config.ts";
import type { Logger } from "./logger.ts";
import { noTracer, type Tracer } from "./tracer.ts";

/** The tracer that the configuration asks for. Without one OpenTelemetry is not even loaded. */
export async function createTracer(
  config: TracingConfig | undefined,
  logger: Logger,
  version: string,
): Promise<Tracer> {
  if (config === undefined) return noTracer;
  const { createOpenTelemetryTracer } = await import("./open-telemetry.ts");
  return createOpenTelemetryTracer(config, logger, version);
}
