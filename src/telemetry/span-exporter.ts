import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { TracingConfig } from "../tracing-config.ts";
import { readErrorType } from "./describe-error.ts";
import type { Logger } from "./logger.ts";

// ExportResultCode.SUCCESS of @opentelemetry/core.
const success = 0;

/**
 * Sends spans by OTLP over HTTP. That they no longer arrive, and that they do again, is a log line each; in between
 * there is none, since every batch would leave one.
 */
export function createSpanExporter(config: TracingConfig, logger: Logger): SpanExporter {
  const exporter = new OTLPTraceExporter({
    url: config.endpoint,
    headers: { ...config.headers },
    timeoutMillis: config.exportTimeoutMs,
    compression: config.compression as never,
  });
  let isFailing = false;

  return {
    export(spans, onResult) {
      exporter.export(spans, (result) => {
        const hasFailed = result.code !== success;
        if (hasFailed && !isFailing) {
          logger.warn({ "error.type": readErrorType(result.error) }, "traces cannot be sent");
        } else if (!hasFailed && isFailing) {
          logger.info("traces are sent again");
        }
        isFailing = hasFailed;
        onResult(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}
