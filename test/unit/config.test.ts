import { expect, test } from "@jest/globals";
import { describeConfig, findConfigWarnings, readConfig } from "../../src/config.ts";
import { findOtelProblems } from "../../src/telemetry/otel-settings.ts";

const defaults = {
  isProduction: false,
  port: 4000,
  host: "0.0.0.0",
  contactSwingUrl: "https://prod-contactswing-fastapi-962560522883.us-central1.run.app",
  upstreamTimeoutMs: 10_000,
  upstreamConnectTimeoutMs: 2000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 620_000,
  maxInFlight: 256,
  maxInFlightPerCaller: 128,
  redisUrl: undefined,
  idempotencyTtlSeconds: 86_400,
  jwksUrl: undefined,
  jwtIssuer: undefined,
  jwtAudience: undefined,
  corsOrigins: [],
  playground: true,
  subgraphSdl: true,
  logLevel: "info",
  shutdownDelayMs: 3000,
  shutdownGraceMs: 15_000,
  metricsPort: undefined,
};

test.each([{}, { PORT: "", REDIS_URL: " ", CORS_ORIGINS: "", JWKS_URL: " ", JWT_ISSUER: " ", JWT_AUDIENCE: "" }])(
  "has a default for every setting that is absent or empty: %j",
  (environment) => {
    expect(readConfig(environment)).toEqual(defaults);
  },
);

// Variables without a form of their own are set in the tests of what they mean.
test.each<[Record<string, string>, object]>([
  [{ PORT: "8080" }, { port: 8080 }],
  [{ CONTACTSWING_URL: "http://localhost:9000/api/" }, { contactSwingUrl: "http://localhost:9000/api" }],
  [{ MAX_IN_FLIGHT: "9" }, { maxInFlight: 9, maxInFlightPerCaller: 4 }],
  [{ MAX_IN_FLIGHT: "1" }, { maxInFlight: 1, maxInFlightPerCaller: 1 }],
  [{ MAX_IN_FLIGHT_PER_CALLER: "3" }, { maxInFlightPerCaller: 3 }],
  [{ REDIS_URL: "rediss://cache:6380/1" }, { redisUrl: "rediss://cache:6380/1" }],
  [
    { JWKS_URL: "file:///etc/keys.json", JWT_ISSUER: "https://issuer.example", JWT_AUDIENCE: "bff" },
    { jwksUrl: "file:///etc/keys.json", jwtIssuer: "https://issuer.example", jwtAudience: "bff" },
  ],
  [
    { CORS_ORIGINS: "https://a.example, http://localhost:3000" },
    { corsOrigins: ["https://a.example", "http://localhost:3000"] },
  ],
  [{ NODE_ENV: "production" }, { isProduction: true, playground: false }],
  [{ NODE_ENV: "production", PLAYGROUND: "true" }, { isProduction: true }],
  [{ PLAYGROUND: "false" }, { playground: false }],
  [{ SHUTDOWN_DELAY_MS: "0" }, { shutdownDelayMs: 0 }],
])("reads %j", (environment, settings) => {
  expect(readConfig(environment)).toEqual({ ...defaults, ...settings });
});

test.each([
  ["PORT", "65536"],
  ["PORT", "80a"],
  ["HOST", "not a host"],
  ["CONTACTSWING_URL", "example.org"],
  ["CONTACTSWING_URL", "ftp://example.org"],
  ["CONTACTSWING_URL", "https://user:secret@example.org"],
  ["CONTACTSWING_URL", "https://example.org/?a=b"],
  ["CONTACTSWING_URL", "https://example.org/#a"],
  ["UPSTREAM_TIMEOUT_MS", "0"],
  ["UPSTREAM_TIMEOUT_MS", "2147483648"],
  ["MAX_IN_FLIGHT", "0"],
  ["MAX_IN_FLIGHT_PER_CALLER", "0"],
  ["REDIS_URL", "http://cache"],
  ["REDIS_URL", "redis://cache/production"],
  ["REDIS_URL", "redis://cache/1/2"],
  ["REDIS_URL", "redis:6379"],
  ["REDIS_URL", "redis://user:secret%@cache"],
  ["REDIS_URL", "redis://secret%4:1@cache"],
  ["IDEMPOTENCY_TTL_SECONDS", "0"],
  ["JWKS_URL", "keys.json"],
  ["JWKS_URL", "file://keys.json"],
  ["JWKS_URL", "https://user:secret@issuer.example/keys"],
  ["CORS_ORIGINS", "https://app.example/path"],
  ["CORS_ORIGINS", "https://app.example,,http://b.example"],
  ["PLAYGROUND", "yes"],
  ["LOG_LEVEL", "verbose"],
  ["JWT_ISSUER", "https://issuer.example"],
  ["JWT_AUDIENCE", "bff"],
])("rejects %s=%s by name, without the value", (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(
    new RegExp(`^The configuration is invalid:\\n  ${name} [^\\n]+\\.$`),
  );
  expect(() => readConfig({ [name]: value })).not.toThrow(/secret/);
});

test("an invalid JWKS_URL is the only problem of its checks", () => {
  const environment = { JWKS_URL: "ftp://keys.example", JWT_ISSUER: "https://issuer.example", JWT_AUDIENCE: "bff" };

  expect(() => readConfig(environment)).toThrow(/^The configuration is invalid:\n {2}JWKS_URL [^\n]+\.$/);
});

test("the log shows the settings without those that may contain secrets", () => {
  const config = readConfig({ REDIS_URL: "redis://:secret@cache", JWKS_URL: "https://keys.example/secret" });

  const described = describeConfig(config);

  expect(described).toMatchObject({
    "settings.redis": true,
    "settings.tokenVerification": true,
    "settings.port": 4000,
  });
  expect(JSON.stringify(described)).not.toContain("secret");
});

test.each([
  ["MAX_INFLIGHT", true],
  ["MAX_IN_FLIGHT_PER_USER", true],
  ["JWT_ISSUERS", true],
  ["UPSTREAM_TIMEOUT", true],
  ["CONTACTSWING_TOKEN", true],
  ["LOGLEVEL", false],
  ["HOSTNAME", false],
  ["PATH", false],
  ["REDIS_HOST", false],
  ["npm_config_cache", false],
  ["OTEL_SERVICE_NAME", false],
])("whether the variable %s looks like a mistaken one of this service: %j", (name, isMistaken) => {
  const environment = { HOST: "127.0.0.1", [name]: "3" };

  expect(findConfigWarnings(readConfig(environment), environment)).toEqual(
    isMistaken ? [expect.stringContaining(name)] : [],
  );
});

test("names all variables of OpenTelemetry that are not supported, without their values", () => {
  const environment = {
    OTEL_SDK_DISABLED: "secret",
    OTEL_RESOURCE_ATTRIBUTES: "team=secret,share=100%",
    OTEL_PROPAGATORS: "b3",
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_LOGS_EXPORTER: "otlp",
    OTEL_TRACES_EXPORTER: "zipkin-secret",
    OTEL_EXPORTER_OTLP_ENDPOINT: "secret:4317",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "ftp://secret",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc-secret",
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json-secret",
    OTEL_EXPORTER_OTLP_HEADERS: "secret",
    OTEL_EXPORTER_OTLP_COMPRESSION: "zstd",
    OTEL_EXPORTER_OTLP_TIMEOUT: "10s",
    OTEL_TRACES_SAMPLER: "jaeger_remote-secret",
    OTEL_TRACES_SAMPLER_ARG: "1.5",
    OTEL_BSP_SCHEDULE_DELAY: "-1",
    OTEL_BSP_MAX_QUEUE_SIZE: "0",
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "many-secret",
    OTEL_BSP_EXPORT_TIMEOUT: "1.5",
  };

  const problems = findOtelProblems(environment);

  expect(() => readConfig(environment)).toThrow(problems.join("\n  "));
  expect(problems.map((problem) => problem.split(" must be ")[0])).toEqual(Object.keys(environment));
  expect(problems.join()).not.toContain("secret");
});

test.each([
  ["a=b", true],
  ["team=voice%20agents, share=100%25,", true],
  ["a=b=c", false],
  ["=b", false],
  ["a", false],
  [`a=${"b".repeat(256)}`, false],
])("OTEL_RESOURCE_ATTRIBUTES may be %j: %s", (OTEL_RESOURCE_ATTRIBUTES, isValid) => {
  expect(findOtelProblems({ OTEL_RESOURCE_ATTRIBUTES })).toHaveLength(isValid ? 0 : 1);
});

test("supports the values that OpenTelemetry's documentation recommends", () => {
  const environment = {
    OTEL_SDK_DISABLED: "false",
    OTEL_PROPAGATORS: "tracecontext",
    OTEL_METRICS_EXPORTER: "none",
    OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Basic%20dXNlcjpwYXNz,x-key=a==",
    OTEL_EXPORTER_OTLP_TIMEOUT: "10000",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    OTEL_SERVICE_NAME: "any name",
  };

  expect(findOtelProblems(environment)).toEqual([]);
});
