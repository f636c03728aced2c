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

// ExportResultCode.SUCCESS of @opentelemetry/core.
const success = 0;

const httpUrl = { pattern: /^https?:\/\/[^/]/i, expected: "an http(s) URL" };
const protocol = { pattern: /^http\/protobuf$/, expected: "http/protobuf" };
const positiveInteger = { pattern: /^[1-9]\d{0,8}$/, expected: "a positive integer" };

/** What is supported of each variable. The packages ignore other values, and traces would silently go astray. */
const supportedValues: Readonly<Record<string, { readonly pattern: RegExp; readonly expected: string }>> = {
  OTEL_TRACES_EXPORTER: { pattern: /^otlp$/, expected: "otlp or none" },
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
  OTEL_TRACES_SAMPLER: {
    pattern: /^(parentbased_)?(always_on|always_off|traceidratio)$/,
    expected: "always_on, always_off, or traceidratio, optionally prefixed with parentbased_",
  },
  OTEL_TRACES_SAMPLER_ARG: { pattern: /^(0|1|0?\.\d+|[01]\.0+)$/, expected: "a number from 0 to 1" },
  OTEL_BSP_SCHEDULE_DELAY: positiveInteger,
  OTEL_BSP_MAX_QUEUE_SIZE: positiveInteger,
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: positiveInteger,
  OTEL_BSP_EXPORT_TIMEOUT: positiveInteger,
};

/** Registers a tracer provider that exports by OTLP over HTTP, and a context manager. @throws Error */
export function startSdk(environment: NodeJS.ProcessEnv, version: string, logger: Logger) {
  const settings = readSettings(environment);
  const provider = new TracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.name": "contactswing-bff", "service.version": version }))
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
    sampler: createSampler(settings),
    spanProcessors: [createProcessor(settings, reportFailures(new OTLPTraceExporter(), logger))],
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

/** The variables that are set. */
function readSettings(environment: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, { pattern, expected }] of Object.entries(supportedValues)) {
    const value = environment[name]?.trim();
    if (!value) continue;
    if (!pattern.test(value)) problems.push(`${name} must be ${expected}.`);
    settings.set(name, value);
  }
  if (problems.length > 0) throw new Error(problems.join(" "));
  return settings;
}

function createSampler(settings: ReadonlyMap<string, string>): Sampler {
  const name = settings.get("OTEL_TRACES_SAMPLER") ?? "parentbased_always_on";
  const root = name.endsWith("always_off")
    ? new AlwaysOffSampler()
    : name.endsWith("traceidratio")
      ? new TraceIdRatioBasedSampler(Number(settings.get("OTEL_TRACES_SAMPLER_ARG") ?? 1))
      : new AlwaysOnSampler();
  return name.startsWith("parentbased_") ? new ParentBasedSampler({ root }) : root;
}

function createProcessor(settings: ReadonlyMap<string, string>, exporter: SpanExporter): BatchSpanProcessor {
  const read = (name: string, fallback: number) => Number(settings.get(name) ?? fallback);
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
