import { describe, expect, test } from "@jest/globals";
import { ConfigError, readConfig } from "../../src/config.ts";

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

test.each<[string, Record<string, string>]>([
  ["nothing", {}],
  ["an empty endpoint", { OTEL_EXPORTER_OTLP_ENDPOINT: " " }],
  ["only a service name", { OTEL_SERVICE_NAME: "bff", OTEL_TRACES_SAMPLER: "always_on" }],
  ["the SDK disabled", { ...endpoint, OTEL_SDK_DISABLED: "true" }],
  ["no exporter", { ...endpoint, OTEL_TRACES_EXPORTER: "none" }],
  [
    "the SDK disabled and much that is wrong",
    { ...endpoint, OTEL_SDK_DISABLED: "True", OTEL_TRACES_EXPORTER: "zipkin" },
  ],
])("asks for no traces with %s", (_case, environment) => {
  expect(readConfig(environment).tracing).toBeUndefined();
});

test("has the standard's defaults once a receiver is named", () => {
  expect(readConfig({ ...endpoint, OTEL_SDK_DISABLED: "no" }).tracing).toEqual({
    endpoint: "http://collector:4318/v1/traces",
    headers: {},
    compression: "none",
    exportTimeoutMs: 10_000,
    serviceName: "contactswing-bff",
    resourceAttributes: {},
    sampler: "parentbased_always_on",
    samplerRatio: 1,
    batch: { scheduleDelayMs: 5000, maxQueueSize: 2048, maxBatchSize: 512 },
  });
});

test("reads every variable, those for traces before the general ones", () => {
  const { tracing } = readConfig({
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://general/",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://traces.example/otlp",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_HEADERS: "a=general",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: " api-key = k%2C1 ,b=2",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    OTEL_EXPORTER_OTLP_TIMEOUT: "2000",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=from-resource,team=voice",
    OTEL_TRACES_SAMPLER: "traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    OTEL_BSP_SCHEDULE_DELAY: "100",
    OTEL_BSP_MAX_QUEUE_SIZE: "64",
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "32",
  });

  expect(tracing).toEqual({
    endpoint: "https://traces.example/otlp",
    headers: { "api-key": "k,1", b: "2" },
    compression: "gzip",
    exportTimeoutMs: 2000,
    serviceName: "from-resource",
    resourceAttributes: { "service.name": "from-resource", team: "voice" },
    sampler: "traceidratio",
    samplerRatio: 0.25,
    batch: { scheduleDelayMs: 100, maxQueueSize: 64, maxBatchSize: 32 },
  });
});

test("posts to the default receiver when only the exporter is named, and to the path below a general endpoint", () => {
  const endpointOf = (environment: Record<string, string>) => readConfig(environment).tracing?.endpoint;

  expect(endpointOf({ OTEL_TRACES_EXPORTER: "otlp" })).toBe("http://localhost:4318/v1/traces");
  expect(endpointOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c/prefix/" })).toBe("http://c/prefix/v1/traces");
});

describe("stops the start, with the variable's name and never its value, for", () => {
  test.each<[string, string]>([
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "secret:4317"],
    ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://secret"],
    ["OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"],
    ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "secret"],
    ["OTEL_EXPORTER_OTLP_HEADERS", "a=secret%"],
    ["OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"],
    ["OTEL_EXPORTER_OTLP_TIMEOUT", "-1"],
    ["OTEL_TRACES_EXPORTER", "zipkin"],
    ["OTEL_TRACES_SAMPLER", "jaeger_remote"],
    ["OTEL_TRACES_SAMPLER_ARG", "1.5"],
    ["OTEL_BSP_MAX_QUEUE_SIZE", "0"],
  ])("%s=%s", (name, value) => {
    let thrown: unknown;
    try {
      readConfig({ ...endpoint, [name]: value });
    } catch (error) {
      thrown = error;
    }

    expect(thrown).toBeInstanceOf(ConfigError);
    expect((thrown as ConfigError).problems).toHaveLength(1);
    expect((thrown as ConfigError).message).toContain(`${name} must be`);
    expect((thrown as ConfigError).message).not.toContain("secret");
  });
});
