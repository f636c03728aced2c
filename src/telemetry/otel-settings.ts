import { isDecodable } from "../text/percent-encoding.ts";

/** What is supported of a variable of OpenTelemetry. */
interface Supported {
  readonly expected: string;
  readonly isValid: (value: string) => boolean;
}

const matches = (pattern: RegExp, expected: string): Supported => ({
  expected,
  isValid: (value) => pattern.test(value),
});

const onlyTraces = matches(/^none$/, "none, because only traces are exported");
const httpUrl = matches(/^https?:\/\/[^/]/i, "an http(s) URL");
const protocol = matches(/^http\/protobuf$/, "http/protobuf");
const compression = matches(/^(?:gzip|none)$/, "gzip or none");
const positiveInteger = matches(/^[1-9]\d{0,8}$/, "a positive integer");

/** OpenTelemetry's packages drop all entries if one is malformed. */
const pairs: Supported = {
  expected: "a comma-separated list of name=value, percent-encoded where necessary, each at most 255 characters long",
  isValid: (value) => value.split(",").every((entry) => entry.trim() === "" || isPair(entry)),
};

/** Of these, a value may contain an equals sign. */
const headers: Supported = {
  expected: "a comma-separated list of name=value, percent-encoded where necessary",
  isValid: (value) =>
    value.split(",").every((entry) => entry.trim() === "" || (/^\s*[^\s=]+\s*=/.test(entry) && isDecodable(entry))),
};

function isPair(entry: string): boolean {
  if (!isDecodable(entry)) return false;
  const [name = "", value, ...more] = entry.split("=").map((part) => decodeURIComponent(part.trim()));
  return name !== "" && value !== undefined && more.length === 0 && Math.max(name.length, value.length) <= 255;
}

/** OpenTelemetry's packages silently ignore other values. */
const supportedValues: Readonly<Record<string, Supported>> = {
  OTEL_SDK_DISABLED: matches(/^(?:true|false)$/i, "true or false"),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_PROPAGATORS: matches(/^tracecontext$/, "tracecontext"),
  OTEL_METRICS_EXPORTER: onlyTraces,
  OTEL_LOGS_EXPORTER: onlyTraces,
  OTEL_TRACES_EXPORTER: matches(/^(?:otlp|none)$/, "otlp or none"),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_HEADERS: headers,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers,
  OTEL_EXPORTER_OTLP_COMPRESSION: compression,
  OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: compression,
  OTEL_EXPORTER_OTLP_TIMEOUT: positiveInteger,
  OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: positiveInteger,
  OTEL_TRACES_SAMPLER: matches(
    /^(?:parentbased_)?(?:always_on|always_off|traceidratio)$/,
    "always_on, always_off, or traceidratio, optionally prefixed with parentbased_",
  ),
  OTEL_TRACES_SAMPLER_ARG: matches(/^(?:0|1|0?\.\d+|[01]\.0+)$/, "a number from 0 to 1"),
  OTEL_BSP_SCHEDULE_DELAY: positiveInteger,
  OTEL_BSP_MAX_QUEUE_SIZE: positiveInteger,
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: positiveInteger,
  OTEL_BSP_EXPORT_TIMEOUT: positiveInteger,
};

/** A variable's value; undefined if it is absent or empty. */
export function readOtelSetting(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return environment[name]?.trim() || undefined;
}

/** Says of each of OpenTelemetry's variables whose value is not supported what it must be; never quotes the value. */
export function findOtelProblems(environment: NodeJS.ProcessEnv): string[] {
  return Object.entries(supportedValues).flatMap(([name, { expected, isValid }]) => {
    const value = readOtelSetting(environment, name);
    return value === undefined || isValid(value) ? [] : [`${name} must be ${expected}.`];
  });
}
