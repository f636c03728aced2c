import { expect, test } from "@jest/globals";
import { ConfigError, readConfig } from "../../src/config.ts";

test("has a default for every setting", () => {
  expect(readConfig({})).toEqual({
    port: 4000,
    host: "0.0.0.0",
    contactSwingUrl: "https://prod-contactswing-fastapi-962560522883.us-central1.run.app",
    upstreamTimeoutMs: 10_000,
    upstreamConnectTimeoutMs: 2000,
    maxInFlight: 256,
    redisUrl: undefined,
    idempotencyTtlSeconds: 86_400,
    jwksUrl: undefined,
    jwtIssuer: undefined,
    jwtAudience: undefined,
    corsOrigins: [],
    playground: true,
    logLevel: "info",
    shutdownDelayMs: 3000,
    shutdownGraceMs: 15_000,
  });
});

test("reads every variable", () => {
  const config = readConfig({
    PORT: "8080",
    HOST: "127.0.0.1",
    CONTACTSWING_URL: "http://localhost:9000/api/",
    UPSTREAM_TIMEOUT_MS: "5000",
    UPSTREAM_CONNECT_TIMEOUT_MS: "100",
    MAX_IN_FLIGHT: "8",
    REDIS_URL: "rediss://cache:6380/1",
    IDEMPOTENCY_TTL_SECONDS: "60",
    JWKS_URL: "file:///etc/keys.json",
    JWT_ISSUER: "https://issuer.example",
    JWT_AUDIENCE: "bff",
    CORS_ORIGINS: "https://app.example, http://localhost:3000",
    PLAYGROUND: "true",
    NODE_ENV: "production",
    LOG_LEVEL: "debug",
    SHUTDOWN_DELAY_MS: "0",
    SHUTDOWN_GRACE_MS: "1",
  });

  expect(config).toEqual({
    port: 8080,
    host: "127.0.0.1",
    contactSwingUrl: "http://localhost:9000/api",
    upstreamTimeoutMs: 5000,
    upstreamConnectTimeoutMs: 100,
    maxInFlight: 8,
    redisUrl: "rediss://cache:6380/1",
    idempotencyTtlSeconds: 60,
    jwksUrl: "file:///etc/keys.json",
    jwtIssuer: "https://issuer.example",
    jwtAudience: "bff",
    corsOrigins: ["https://app.example", "http://localhost:3000"],
    playground: true,
    logLevel: "debug",
    shutdownDelayMs: 0,
    shutdownGraceMs: 1,
  });
  expect(Object.isFrozen(config)).toBe(true);
});

test("turns the playground off in production", () => {
  expect(readConfig({ NODE_ENV: "production" }).playground).toBe(false);
  expect(readConfig({ NODE_ENV: "development" }).playground).toBe(true);
  expect(readConfig({ PLAYGROUND: "false" }).playground).toBe(false);
});

test("takes an empty variable as absent", () => {
  const empty = { PORT: "", REDIS_URL: " ", CORS_ORIGINS: "", JWKS_URL: " ", JWT_ISSUER: " ", JWT_AUDIENCE: "" };

  expect(readConfig(empty)).toEqual(readConfig({}));
  expect(() => readConfig({ JWKS_URL: " ", JWT_ISSUER: "https://issuer.example" })).toThrow(
    /JWT_ISSUER needs JWKS_URL/,
  );
});

test.each([
  ["PORT", "65536"],
  ["PORT", "80a"],
  ["PORT", "-1"],
  ["PORT", "1e3"],
  ["HOST", "not a host"],
  ["CONTACTSWING_URL", "example.org"],
  ["CONTACTSWING_URL", "ftp://example.org"],
  ["CONTACTSWING_URL", "https://user:secret@example.org"],
  ["CONTACTSWING_URL", "https://example.org/?a=b"],
  ["CONTACTSWING_URL", "https://example.org/#a"],
  ["UPSTREAM_TIMEOUT_MS", "0"],
  ["UPSTREAM_TIMEOUT_MS", "2147483648"],
  ["UPSTREAM_CONNECT_TIMEOUT_MS", "fast"],
  ["MAX_IN_FLIGHT", "0"],
  ["REDIS_URL", "http://cache"],
  ["REDIS_URL", "redis://cache/production"],
  ["REDIS_URL", "redis://cache/1/2"],
  ["REDIS_URL", "redis:6379"],
  ["REDIS_URL", "redis://user:secret%@cache"],
  ["REDIS_URL", "redis://%ZZ:secret@cache"],
  ["REDIS_URL", "redis://secret%4:1@cache"],
  ["IDEMPOTENCY_TTL_SECONDS", "0"],
  ["JWKS_URL", "keys.json"],
  ["JWKS_URL", "file://keys.json"],
  ["JWKS_URL", "https://user:secret@issuer.example/keys"],
  ["CORS_ORIGINS", "*"],
  ["CORS_ORIGINS", "https://app.example/path"],
  ["CORS_ORIGINS", "https://app.example,,http://b.example"],
  ["PLAYGROUND", "yes"],
  ["LOG_LEVEL", "verbose"],
  ["LOG_LEVEL", "constructor"],
  ["SHUTDOWN_DELAY_MS", "1.5"],
  ["SHUTDOWN_GRACE_MS", "0x10"],
  ["JWT_ISSUER", "https://issuer.example"],
  ["JWT_AUDIENCE", "bff"],
])("refuses %s=%s by name, without the value", (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
  expect(() => readConfig({ [name]: value })).toThrow(
    new RegExp(`^The configuration is not valid:\\n  ${name} [^\\n]+\\.$`),
  );
  expect(() => readConfig({ [name]: value })).not.toThrow(/secret/);
});

test("names every bad variable in one message", () => {
  const problems = ["PORT", "LOG_LEVEL", "REDIS_URL", "PLAYGROUND"];

  expect(() => readConfig(Object.fromEntries(problems.map((name) => [name, "?"])))).toThrow(
    new RegExp(problems.sort().join("|")),
  );
  try {
    readConfig(Object.fromEntries(problems.map((name) => [name, "?"])));
  } catch (error) {
    expect((error as ConfigError).problems.map((problem) => problem.split(" ")[0]).sort()).toEqual(problems);
  }
});
