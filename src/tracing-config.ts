/** Where traces go and which, from OpenTelemetry's standard variables. */
export interface TracingConfig {
  /** Where OTLP over HTTP is posted to, path included. */
  readonly endpoint: string;
  /** Sent with every export; may hold the collector's key. */
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: "none" | "gzip";
  readonly exportTimeoutMs: number;
  readonly serviceName: string;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  readonly sampler: SamplerName;
  /** Share of the traces that are kept by the samplers that have one. */
  readonly samplerRatio: number;
  readonly batch: {
    readonly scheduleDelayMs: number;
    readonly maxQueueSize: number;
    readonly maxBatchSize: number;
  };
}

const samplerNames = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
export type SamplerName = (typeof samplerNames)[number];

/** Reads one variable, or notes why it does not parse; an empty one counts as absent. */
export type ReadVariable = <Value, Default>(
  name: string,
  parse: (text: string) => Value | undefined,
  expected: string,
  fallback: Default,
) => Value | Default;

const defaultServiceName = "contactswing-bff";
const defaultEndpoint = "http://localhost:4318";
const tracesPath = "v1/traces";

/**
 * Reads the standard variables of OpenTelemetry that this service honours; undefined when they do not ask for traces.
 * They ask by naming a receiver or the exporter. What is asked for and cannot be done (gRPC, another exporter) is a
 * problem like any other bad variable: traces that silently never come are worse.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function readTracingConfig(isGiven: (name: string) => boolean, read: ReadVariable): TracingConfig | undefined {
  // The specification: only "true", in any case, is true.
  const isDisabled = read("OTEL_SDK_DISABLED", (text) => text.toLowerCase() === "true", "true or false", false);
  if (isDisabled) return undefined;
  const exporters = read("OTEL_TRACES_EXPORTER", oneOf(["otlp", "none"]), "otlp or none", undefined);
  const hasReceiver = isGiven("OTEL_EXPORTER_OTLP_ENDPOINT") || isGiven("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
  if (exporters === "none" || (exporters === undefined && !hasReceiver)) return undefined;

  /** The variable for traces before the one for every signal. */
  const readExporter: ReadVariable = (name, parse, expected, fallback) =>
    read(
      `OTEL_EXPORTER_OTLP_TRACES_${name}`,
      parse,
      expected,
      read(`OTEL_EXPORTER_OTLP_${name}`, parse, expected, fallback),
    );
  const count = (name: string, fallback: number) => read(name, positiveInteger, "a positive integer", fallback);

  const receiver = read("OTEL_EXPORTER_OTLP_ENDPOINT", httpUrl, httpUrlExpected, defaultEndpoint);
  readExporter("PROTOCOL", oneOf(["http/protobuf"]), "http/protobuf", undefined);
  const resourceAttributes = read("OTEL_RESOURCE_ATTRIBUTES", keyValues, keyValuesExpected, noKeyValues);
  return {
    endpoint: read(
      "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
      httpUrl,
      httpUrlExpected,
      `${receiver.replace(/\/$/, "")}/${tracesPath}`,
    ),
    headers: readExporter("HEADERS", keyValues, keyValuesExpected, noKeyValues),
    compression: readExporter("COMPRESSION", oneOf(["none", "gzip"]), "none or gzip", "none"),
    exportTimeoutMs: readExporter("TIMEOUT", positiveInteger, "a positive integer", 10_000),
    serviceName: read("OTEL_SERVICE_NAME", text, "text", resourceAttributes["service.name"] ?? defaultServiceName),
    resourceAttributes,
    sampler: read(
      "OTEL_TRACES_SAMPLER",
      oneOf(samplerNames),
      `one of ${samplerNames.join(", ")}`,
      "parentbased_always_on",
    ),
    samplerRatio: read("OTEL_TRACES_SAMPLER_ARG", ratio, "a number from 0 to 1", 1),
    batch: {
      scheduleDelayMs: count("OTEL_BSP_SCHEDULE_DELAY", 5000),
      maxQueueSize: count("OTEL_BSP_MAX_QUEUE_SIZE", 2048),
      maxBatchSize: count("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512),
    },
  };
}

const httpUrlExpected = "an http(s) URL";
const noKeyValues: Readonly<Record<string, string>> = {};
const keyValuesExpected = "a list such as key=value,key=value";

const text = (given: string) => given;
const positiveInteger = (given: string) => (/^[1-9]\d{0,8}$/.test(given) ? Number(given) : undefined);
const ratio = (given: string) =>
  /^(?:0|1|0?\.\d+|[01]\.\d+)$/.test(given) && Number(given) <= 1 ? Number(given) : undefined;
const httpUrl = (given: string) =>
  URL.canParse(given) && /^https?:$/.test(new URL(given).protocol) ? given : undefined;

function oneOf<Value extends string>(values: readonly Value[]): (given: string) => Value | undefined {
  return (given) => values.find((value) => value === given);
}

/** W3C Baggage without properties, as the specification has it: values are percent-encoded. */
function keyValues(given: string): Record<string, string> | undefined {
  const entries: [string, string][] = [];
  for (const pair of given.split(",").filter((part) => part.trim() !== "")) {
    const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    if (key === undefined || value === undefined) return undefined;
    try {
      entries.push([decodeURIComponent(key), decodeURIComponent(value)]);
    } catch {
      return undefined;
    }
  }
  return Object.fromEntries(entries);
}
