// Loaded only when traces are requested. Where they are sent to (OTEL_EXPORTER_OTLP_*) and the resource
// (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) are read from process.env by OpenTelemetry's packages. The sampler and
// the batches are read here: only sdk-node reads their variables, and it installs every exporter, gRPC included.
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { waitAtMost } from "../timing/wait-at-most.ts";
import type { Logger } from "./logger.ts";
import { readOtelSetting } from "./otel-settings.ts";

// ExportResultCode.SUCCESS of @opentelemetry/core.
const success = 0;

/** Registers a tracer provider that exports by OTLP over HTTP, and a context manager. */
export function startSdk(environment: NodeJS.ProcessEnv, version: string, logger: Logger) {
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "contactswing-bff", "service.version": version }))
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
    sampler: createSampler(environment),
    spanProcessors: [createProcessor(environment, reportFailures(new OTLPTraceExporter(), logger))],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);

  return {
    async stop(deadlineMs: number): Promise<void> {
      // A failed export has been logged.
      const stopped = provider.shutdown().catch(() => undefined);
      await waitAtMost(stopped, deadlineMs - performance.now());
      trace.disable();
      context.disable();
    },
  };
}

function createSampler(environment: NodeJS.ProcessEnv): Sampler {
  const name = readOtelSetting(environment, "OTEL_TRACES_SAMPLER") ?? "parentbased_always_on";
  const root = name.endsWith("always_off")
    ? new AlwaysOffSampler()
    : name.endsWith("traceidratio")
      ? new TraceIdRatioBasedSampler(Number(readOtelSetting(environment, "OTEL_TRACES_SAMPLER_ARG") ?? 1))
      : new AlwaysOnSampler();
  return name.startsWith("parentbased_") ? new ParentBasedSampler({ root }) : root;
}

function createProcessor(environment: NodeJS.ProcessEnv, exporter: SpanExporter): BatchSpanProcessor {
  const read = (name: string, fallback: number) => Number(readOtelSetting(environment, name) ?? fallback);
  return new BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: read("OTEL_BSP_SCHEDULE_DELAY", 5000),
    maxQueueSize: read("OTEL_BSP_MAX_QUEUE_SIZE", 2048),
    maxExportBatchSize: read("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512),
    exportTimeoutMillis: read("OTEL_BSP_EXPORT_TIMEOUT", 30_000),
  });
}

/** Logs the first failed export and the first successful one after it, because every batch would leave a line. */
function reportFailures(exporter: SpanExporter, logger: Logger): SpanExporter {
  let isFailing = false;
  return {
    export(spans, onResult) {
      exporter.export(spans, (result) => {
        const hasFailed = result.code !== success;
        if (hasFailed && !isFailing) logger.warn(describeProblem(result.error), "traces could not be exported");
        if (!hasFailed && isFailing) logger.warn("traces exported again");
        isFailing = hasFailed;
        onResult(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  };
}

/** The network's error code or the receiver's HTTP status. The message may quote the receiver's address. */
function describeProblem(error: (Error & { readonly code?: unknown }) | undefined) {
  return { "error.type": error?.name, "error.code": error?.code === undefined ? undefined : String(error.code) };
}
