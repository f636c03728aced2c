import { readTracingConfig, type TracingConfig } from "./tracing-config.ts";

/** Settings of the service, read once at the start. Durations are in milliseconds unless the name says otherwise. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** ContactSwing's base URL without a trailing slash. */
  readonly contactSwingUrl: string;
  readonly upstreamTimeoutMs: number;
  readonly upstreamConnectTimeoutMs: number;
  readonly maxInFlight: number;
  readonly redisUrl: string | undefined;
  readonly idempotencyTtlSeconds: number;
  readonly jwksUrl: string | undefined;
  readonly jwtIssuer: string | undefined;
  readonly jwtAudience: string | undefined;
  readonly corsOrigins: readonly (string | RegExp)[];
  readonly playground: boolean;
  readonly logLevel: LogLevel;
  readonly shutdownDelayMs: number;
  readonly shutdownGraceMs: number;
  /** From the standard `OTEL_*` variables; undefined when they do not ask for traces. */
  readonly tracing: TracingConfig | undefined;
}

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export const defaultContactSwingUrl = "https://prod-contactswing-fastapi-962560522883.us-central1.run.app";

/** Thrown by {@link readConfig}; the message names every bad variable, never its value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/** Turns one variable's text into its value, or returns undefined when it does not parse. */
type Parser<Value> = (text: string) => Value | undefined;

// setTimeout turns anything longer into 1 ms.
const longestTimerMs = 2_147_483_647;

function integer(minimum: number, maximum: number): Parser<number> {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    return value >= minimum && value <= maximum ? value : undefined;
  };
}

function oneOf<Value extends string>(values: readonly Value[]): Parser<Value> {
  return (text) => values.find((value) => value === text);
}

function url(protocols: readonly string[]): Parser<string> {
  return (text) => (URL.canParse(text) && protocols.includes(new URL(text).protocol) ? text : undefined);
}

const boolean: Parser<boolean> = (text) => (text === "true" ? true : text === "false" ? false : undefined);
const host: Parser<string> = (text) => (/^[\w.:-]+$/.test(text) ? text : undefined);
const anyText: Parser<string> = (text) => text;

/** An http(s) origin with an optional path prefix. Credentials would end in logs, a query would swallow the path. */
const baseUrl: Parser<string> = (text) => {
  if (url(["http:", "https:"])(text) === undefined || /[?#]/.test(text)) return undefined;
  const { username, password, origin, pathname } = new URL(text);
  return username || password ? undefined : `${origin}${pathname.replace(/\/+$/, "")}`;
};

/** The path names a database by its number; credentials must be such that they can be decoded. */
const redisUrl: Parser<string> = (text) => {
  if (url(["redis:", "rediss:"])(text) === undefined) return undefined;
  const { hostname, pathname, username, password } = new URL(text);
  return hostname !== "" && /^(?:\/\d*)?$/.test(pathname) && [username, password].every(isDecodable) ? text : undefined;
};

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** Where a key set is: of a file: URL only the path counts, and fetch takes no credentials. */
const keySetUrl: Parser<string> = (text) => {
  if (url(["http:", "https:", "file:"])(text) === undefined) return undefined;
  const { protocol, host, username, password } = new URL(text);
  return username || password || (protocol === "file:" && host) ? undefined : text;
};

const origins: Parser<readonly string[]> = (text) => {
  const list = text.split(",").map((origin) => origin.trim());
  const isOrigin = (origin: string) => baseUrl(origin) === origin && new URL(origin).origin === origin;
  return list.every(isOrigin) ? list : undefined;
};

/**
 * Reads the whole configuration from environment variables. An empty variable counts as absent, as compose files
 * and Helm charts write it.
 * @throws ConfigError that names every variable that does not parse.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const isSet = (name: string) => Boolean(environment[name]?.trim());

  function read<Value, Default>(name: string, parse: Parser<Value>, expected: string, fallback: Default) {
    const text = environment[name]?.trim();
    if (text === undefined || text === "") return fallback;
    const value = parse(text);
    if (value === undefined) problems.push(`${name} must be ${expected}.`);
    return value ?? fallback;
  }
  const count = (name: string, fallback: number, minimum = 1, maximum = longestTimerMs) =>
    read(name, integer(minimum, maximum), `an integer from ${minimum} to ${maximum}`, fallback);

  const isProduction = environment.NODE_ENV === "production";
  const config: Config = {
    port: count("PORT", 4000, 0, 65_535),
    host: read("HOST", host, "a host name or an IP address", "0.0.0.0"),
    contactSwingUrl: read(
      "CONTACTSWING_URL",
      baseUrl,
      "an http(s) URL without credentials, query or fragment",
      defaultContactSwingUrl,
    ),
    upstreamTimeoutMs: count("UPSTREAM_TIMEOUT_MS", 10_000),
    upstreamConnectTimeoutMs: count("UPSTREAM_CONNECT_TIMEOUT_MS", 2000),
    maxInFlight: count("MAX_IN_FLIGHT", 256, 1, 1_000_000),
    redisUrl: read("REDIS_URL", redisUrl, "a redis: or rediss: URL whose path is at most a number", undefined),
    idempotencyTtlSeconds: count("IDEMPOTENCY_TTL_SECONDS", 86_400, 1, 31_536_000),
    jwksUrl: read("JWKS_URL", keySetUrl, "an http:, https: or file:/// URL without credentials", undefined),
    jwtIssuer: read("JWT_ISSUER", anyText, "text", undefined),
    jwtAudience: read("JWT_AUDIENCE", anyText, "text", undefined),
    corsOrigins: read("CORS_ORIGINS", origins, "a comma-separated list of http(s) origins", []),
    playground: read("PLAYGROUND", boolean, "true or false", !isProduction),
    logLevel: read("LOG_LEVEL", oneOf(logLevels), `one of ${logLevels.join(", ")}`, "info"),
    shutdownDelayMs: count("SHUTDOWN_DELAY_MS", 3000, 0),
    shutdownGraceMs: count("SHUTDOWN_GRACE_MS", 15_000, 0),
    tracing: readTracingConfig(isSet, read),
  };

  // A check that the operator believes in must not silently be off.
  for (const name of ["JWT_ISSUER", "JWT_AUDIENCE"]) {
    if (isSet(name) && !isSet("JWKS_URL")) problems.push(`${name} needs JWKS_URL.`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}
