// The one file, with the exporter beside it, that knows OpenTelemetry; loaded only when traces are asked for. What its
// packages would read from the environment themselves is passed in.
import {
  type Context,
  type Span as OtelSpan,
  type Tracer as OtelTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { TracingConfig } from "../tracing-config.ts";
import type { Logger } from "./logger.ts";
import { createSpanExporter } from "./span-exporter.ts";
import type { Span, SpanAttributes, Tracer } from "./tracer.ts";

// A receiver that does not answer must not hold up the end of the process for longer.
const maxStopMs = 3000;

/** A tracer that sends spans to a receiver of OTLP over HTTP, in batches. */
export function createOpenTelemetryTracer(config: TracingConfig, logger: Logger, version: string): Tracer {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      ...config.resourceAttributes,
      "service.name": config.serviceName,
      "service.version": version,
    }),
    sampler: createSampler(config),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: createSpanExporter(config, logger),
        scheduledDelayMillis: config.batch.scheduleDelayMs,
        maxQueueSize: config.batch.maxQueueSize,
        maxExportBatchSize: config.batch.maxBatchSize,
        exportTimeoutMillis: config.exportTimeoutMs,
      }),
    ],
  });
  const tracer = provider.getTracer("contactswing-bff", version);

  return {
    isOn: true,
    startRequest(name, attributes, traceparent) {
      const context = traceparent === undefined ? ROOT_CONTEXT : readParent(traceparent);
      return startSpan(tracer, name, SpanKind.SERVER, attributes, context);
    },
    async stop() {
      let timer: NodeJS.Timeout | undefined;
      const timeUp = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, maxStopMs);
      });
      // A failed export is told by the exporter.
      await Promise.race([provider.shutdown().catch(() => {}), timeUp]);
      clearTimeout(timer);
    },
  };
}

function createSampler({ sampler, samplerRatio }: TracingConfig): Sampler {
  const root = sampler.endsWith("always_off")
    ? new AlwaysOffSampler()
    : sampler.endsWith("traceidratio")
      ? new TraceIdRatioBasedSampler(samplerRatio)
      : new AlwaysOnSampler();
  return sampler.startsWith("parentbased") ? new ParentBasedSampler({ root }) : root;
}

/** The parent that a well-formed W3C traceparent names. */
function readParent(traceparent: string): Context {
  const [, traceId = "", spanId = "", flags = "0"] = traceparent.split("-");
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  });
}

function writeTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

const spanKinds = { internal: SpanKind.INTERNAL, client: SpanKind.CLIENT } as const;

function startSpan(
  tracer: OtelTracer,
  name: string,
  kind: SpanKind,
  attributes: SpanAttributes,
  parent: Context,
): Span {
  return wrapSpan(tracer, tracer.startSpan(name, { kind, attributes }, parent), parent);
}

function wrapSpan(tracer: OtelTracer, span: OtelSpan, parent: Context): Span {
  const spanContext = span.spanContext();
  const context = trace.setSpan(parent, span);
  return {
    traceId: spanContext.traceId,
    traceparent: writeTraceparent(spanContext),
    startChild: (name, kind, attributes = {}) => startSpan(tracer, name, spanKinds[kind], attributes, context),
    setAttributes: (attributes) => void span.setAttributes(attributes),
    fail: () => void span.setStatus({ code: SpanStatusCode.ERROR }),
    end: () => span.end(),
  };
}
