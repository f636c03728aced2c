import * as z from "zod";
import { findOtelProblems } from "./telemetry/otel-settings.ts";
import { isDecodable } from "./text/percent-encoding.ts";

const defaultContactSwingUrl = "https://prod-contactswing-fastapi-962560522883.us-central1.run.app";

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

// setTimeout turns anything longer into 1 ms.
const maxTimerMs = 2_147_483_647;

function text(expected: string, isValid: (value: string) => boolean) {
  return z.string().refine(isValid, `must be ${expected}`);
}

function integer(min: number, max: number) {
  const isValid = (value: string) => /^\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max;
  return text(`an integer from ${min} to ${max}`, isValid).transform(Number);
}

function boolean() {
  return text("true or false", (value) => value === "true" || value === "false").transform((value) => value === "true");
}

function hasProtocol(value: string, ...protocols: string[]): boolean {
  return URL.canParse(value) && protocols.includes(new URL(value).protocol);
}

/** An http(s) origin with an optional path prefix. Credentials would end up in logs, a query would swallow the path. */
function isBaseUrl(value: string): boolean {
  if (!hasProtocol(value, "http:", "https:") || /[?#]/.test(value)) return false;
  const { username, password } = new URL(value);
  return username === "" && password === "";
}

function isOrigin(value: string): boolean {
  return isBaseUrl(value) && new URL(value).origin === value;
}

/** The path names a database by its number, and the client must be able to decode the credentials. */
function isRedisUrl(value: string): boolean {
  if (!hasProtocol(value, "redis:", "rediss:")) return false;
  const { hostname, pathname, username, password } = new URL(value);
  return hostname !== "" && /^(?:\/\d*)?$/.test(pathname) && [username, password].every(isDecodable);
}

/** Of a file: URL only the path counts, and fetch accepts no credentials. */
function isKeySetUrl(value: string): boolean {
  if (!hasProtocol(value, "http:", "https:", "file:")) return false;
  const { protocol, host, username, password } = new URL(value);
  return username === "" && password === "" && (protocol !== "file:" || host === "");
}

const baseUrl = text("an http(s) URL without credentials, query, or fragment", isBaseUrl).transform((value) => {
  const { origin, pathname } = new URL(value);
  return `${origin}${pathname.replace(/\/+$/, "")}`;
});
const splitList = (value: string) => value.split(",").map((entry) => entry.trim());
const origins = text("a comma-separated list of http(s) origins", (value) =>
  splitList(value).every(isOrigin),
).transform((value): readonly (string | RegExp)[] => splitList(value));

const nodeEnv = z.string().transform((value) => value === "production");

function setting<Type extends z.ZodType>(variable: string, type: Type) {
  return { variable, type };
}

/** Every setting, with its environment variable. The README explains them. */
const settings = {
  isProduction: setting("NODE_ENV", nodeEnv.default(false)),
  port: setting("PORT", integer(0, 65_535).default(4000)),
  host: setting("HOST", text("a host name or an IP address", (value) => /^[\w.:-]+$/.test(value)).default("0.0.0.0")),
  /** Without a trailing slash. */
  contactSwingUrl: setting("CONTACTSWING_URL", baseUrl.default(defaultContactSwingUrl)),
  upstreamTimeoutMs: setting("UPSTREAM_TIMEOUT_MS", integer(1, maxTimerMs).default(10_000)),
  upstreamConnectTimeoutMs: setting("UPSTREAM_CONNECT_TIMEOUT_MS", integer(1, maxTimerMs).default(2000)),
  requestTimeoutMs: setting("REQUEST_TIMEOUT_MS", integer(1, maxTimerMs).default(30_000)),
  /** The side that sends requests must be the one that closes an idle connection first; Google's load balancers: 600 s. */
  keepAliveTimeoutMs: setting("KEEP_ALIVE_TIMEOUT_MS", integer(1, maxTimerMs).default(620_000)),
  maxInFlight: setting("MAX_IN_FLIGHT", integer(1, 1_000_000).default(256)),
  maxInFlightPerCaller: setting("MAX_IN_FLIGHT_PER_CALLER", integer(1, 1_000_000).optional()),
  redisUrl: setting(
    "REDIS_URL",
    text("a redis: or rediss: URL whose path, if any, is a database number", isRedisUrl).optional(),
  ),
  idempotencyTtlSeconds: setting("IDEMPOTENCY_TTL_SECONDS", integer(1, 31_536_000).default(86_400)),
  jwksUrl: setting("JWKS_URL", text("an http:, https:, or file:/// URL without credentials", isKeySetUrl).optional()),
  jwtIssuer: setting("JWT_ISSUER", z.string().optional()),
  jwtAudience: setting("JWT_AUDIENCE", z.string().optional()),
  corsOrigins: setting("CORS_ORIGINS", origins.default([])),
  playground: setting("PLAYGROUND", boolean().optional()),
  subgraphSdl: setting("SUBGRAPH_SDL", boolean().default(true)),
  logLevel: setting("LOG_LEVEL", z.enum(logLevels, `must be one of ${logLevels.join(", ")}`).default("info")),
  shutdownDelayMs: setting("SHUTDOWN_DELAY_MS", integer(0, maxTimerMs).default(3000)),
  shutdownGraceMs: setting("SHUTDOWN_GRACE_MS", integer(0, maxTimerMs).default(15_000)),
  metricsPort: setting("METRICS_PORT", integer(0, 65_535).optional()),
};

type Settings = { readonly [Name in keyof typeof settings]: z.output<(typeof settings)[Name]["type"]> };

/** The settings of the service, read once at startup. Durations are in milliseconds unless the name says otherwise. */
export interface Config extends Settings {
  readonly maxInFlightPerCaller: number;
  readonly playground: boolean;
}

/** Thrown by {@link readConfig}; the message names every invalid variable, never its value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(problems: readonly string[]) {
    super(`The configuration is invalid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  }
}

/**
 * Reads the settings from environment variables. An empty variable counts as absent, as compose files and Helm charts
 * write it.
 * @throws ConfigError that names every invalid variable.
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const entries = Object.entries(settings).map(([name, { variable, type }]) => {
    const { data, error } = type.safeParse(environment[variable]?.trim() || undefined);
    if (error) problems.push(`${variable} ${error.issues[0]?.message}.`);
    return [name, data];
  });
  const given: Settings = Object.fromEntries(entries);
  // A check that the operator relies on must not be off silently.
  for (const name of ["JWT_ISSUER", "JWT_AUDIENCE"]) {
    if (environment[name]?.trim() && !environment.JWKS_URL?.trim()) problems.push(`${name} needs JWKS_URL.`);
  }
  problems.push(...findOtelProblems(environment));
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    ...given,
    maxInFlightPerCaller: given.maxInFlightPerCaller ?? Math.max(1, Math.floor(given.maxInFlight / 2)),
    playground: given.playground ?? !given.isProduction,
  };
}

/** The settings for the log. Of those that may contain credentials, only whether they are set. */
export function describeConfig({ redisUrl, jwksUrl, corsOrigins, ...others }: Config): Record<string, unknown> {
  const described = {
    ...others,
    corsOrigins: corsOrigins.map(String),
    redis: redisUrl !== undefined,
    tokenVerification: jwksUrl !== undefined,
  };
  return Object.fromEntries(Object.entries(described).map(([name, value]) => [`settings.${name}`, value]));
}

/** What an operator should know about settings that are valid but probably not intended. */
export function findConfigWarnings(config: Config, environment: NodeJS.ProcessEnv): string[] {
  const { isProduction, redisUrl, jwksUrl, jwtIssuer, jwtAudience, playground, host, metricsPort } = config;
  const warnings: string[] = [];
  if (isProduction && redisUrl === undefined) {
    warnings.push("REDIS_URL is not set: idempotency keys are kept in this process only and are lost when it ends");
  }
  if (isProduction && metricsPort === undefined) {
    warnings.push("METRICS_PORT is not set: whoever can reach the service can read /metrics");
  }
  const unchecked = Object.entries({ JWT_ISSUER: jwtIssuer, JWT_AUDIENCE: jwtAudience })
    .filter(([, value]) => value === undefined)
    .map(([name]) => name);
  if (jwksUrl !== undefined && unchecked.length > 0) {
    const names = unchecked.join(" and ");
    warnings.push(`JWKS_URL is set without ${names}: tokens that were issued for others may be accepted`);
  }
  if (playground && !["127.0.0.1", "localhost", "::1"].includes(host)) {
    warnings.push("the playground and introspection are on, and reachable from other machines: see PLAYGROUND");
  }
  for (const name of Object.keys(environment).filter(isMistaken)) {
    warnings.push(`${name} is not a setting of this service: see the README`);
  }
  return warnings;
}

/** Set by `npm run dev` for its child process. */
export const sandboxVariable = "CONTACTSWING_IS_SANDBOX";

const ownNames: ReadonlySet<string> = new Set([
  sandboxVariable,
  ...Object.values(settings).map(({ variable }) => variable),
]);

/** Whether a variable looks like one of ours but is not: `MAX_INFLIGHT`, `JWT_ISSUERS`, `UPSTREAM_TIMEOUT`. */
function isMistaken(name: string): boolean {
  return (
    /^(?:CONTACTSWING|UPSTREAM|IDEMPOTENCY|SHUTDOWN|JWKS|JWT|MAX_IN_?FLIGHT|CORS)(?:_|$)/.test(name) &&
    !ownNames.has(name)
  );
}
