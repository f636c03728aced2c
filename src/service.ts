import Fastify from "fastify";
import { createAuthentication } from "./auth/authentication.ts";
import { createTokenVerifier, type TokenVerifier } from "./auth/token-verifier.ts";
import type { Config } from "./config.ts";
import type { Client, RequestScope } from "./contactswing/client.ts";
import { type ContactSwing, createContactSwing } from "./contactswing/contactswing.ts";
import { createRequestSession } from "./execution/request-session.ts";
import { createApolloServer } from "./graphql/apollo-server.ts";
import type { ReportBug } from "./graphql/error-gate.ts";
import { createWriteFinder } from "./graphql/failed-field.ts";
import { createSourceCheck } from "./graphql/reject-source.ts";
import { createSubgraphSchema } from "./graphql/schema.ts";
import { createEventLoopGauge } from "./http/event-loop-gauge.ts";
import { registerGraphqlRoute } from "./http/graphql-route.ts";
import { registerHealthRoutes } from "./http/health-routes.ts";
import { createHttpServer } from "./http/http-server.ts";
import { createLimitedServer } from "./http/limited-server.ts";
import { createIdempotencyStore } from "./idempotency/create-idempotency-store.ts";
import { createIdempotencyGuard } from "./idempotency/idempotency-guard.ts";
import type { IdempotencyStore } from "./idempotency/idempotency-store.ts";
import { operations as defaultOperations } from "./operations/index.ts";
import type { Operation } from "./operations/operation.ts";
import { registerPlayground, respondWithoutPlayground } from "./playground/playground.ts";
import type { PlaygroundDemo } from "./playground/settings.ts";
import { shutDown } from "./shutdown.ts";
import type { Logger } from "./telemetry/logger.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";
import { serializeError } from "./telemetry/serialize-error.ts";
import type { Tracing } from "./telemetry/tracing.ts";
import { createUpstreamTelemetry } from "./telemetry/upstream-telemetry.ts";
import { atMostEvery } from "./timing/at-most-every.ts";

export interface Service {
  /** Listens; resolves with the service's own origin. */
  start(): Promise<string>;
  /** From here on readiness is false; requests are still accepted. */
  drain(): void;
  /**
   * Stops listening, lets requests in flight finish for at most the grace period, and closes every connection.
   * @returns when the process should have ended, on the clock of `performance.now()`.
   */
  stop(): Promise<number>;
  /** Ends the log lines of requests in flight, because the process ends immediately. @returns how many there were. */
  abandonRequests(): number;
  readonly endedRequestCount: number;
}

export interface ServiceOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  /** What the graph offers; the registry unless given. */
  readonly operations?: readonly Operation[];
  /** How many log lines have been dropped because nothing read them. */
  readonly countDroppedLogLines?: () => number;
  /** Stopped together with the service. */
  readonly tracing?: Tracing;
  /** A token that is never forwarded: the sandbox's demo token, unless the sandbox is the upstream. */
  readonly rejectedToken?: string;
  /** What the playground offers if the sandbox is the upstream. */
  readonly demo?: PlaygroundDemo | undefined;
  /** Where the playground was built to. */
  readonly playgroundDirectory?: URL;
  /** Builds the playground before its page is sent, in development. */
  readonly buildPlayground?: () => Promise<void>;
  /** Replaces the client of the REST API, for tests of bugs, which nothing outside can cause. */
  readonly client?: Client;
}

const minuteMs = 60_000;
// The same directory as seen from src/ and from dist/.
const builtPlayground = new URL("../dist/browser/", import.meta.url);
/** Creates every part and connects them: the one place that knows all of them. */
export function createService(options: ServiceOptions): Service {
  const { config, logger, version, rejectedToken, tracing, operations = defaultOperations } = options;
  let isDraining = false;

  const verifier = createVerifier(config, logger);
  const metrics = createMetrics({
    version,
    countDroppedLogLines: options.countDroppedLogLines ?? (() => 0),
    fields: operations.map(({ rest: { name, effect } }) => ({
      name,
      operationType: effect === "read" ? "query" : "mutation",
    })),
    // These are read when metrics are scraped, by when the parts below exist.
    readBreakerState: (lane) => contactSwing.breakerState(lane),
    dependencies: {
      ...(config.redisUrl !== undefined && { "idempotency-store": () => store.isAvailable }),
      ...(verifier && { "key-server": () => verifier.isAvailable }),
    },
  });
  const store = createStore(config, logger, metrics);
  const idempotency = createIdempotencyGuard(store);
  const contactSwing = createUpstream(config, logger, metrics, version);
  const authenticationFor = createAuthentication(rejectedToken, verifier);

  const reportBug: ReportBug = (error, { requestId, token }) =>
    logger.error({ "http.request.id": requestId, ...serializeError(error, token?.reveal()) }, "internal error");
  const { schema } = createSubgraphSchema(operations);
  const findWrite = createWriteFinder(operations);
  const apollo = createApolloServer({
    schema,
    isExplorable: config.playground,
    isSdlPublic: config.subgraphSdl,
    findWrite,
    reportBug,
  });
  const gauge = createEventLoopGauge(() => performance.now(), metrics.observeEventLoopDelay);
  const { app, observation } = createHttpServer({
    reportBug,
    logger,
    metrics: metrics.requests,
    keepAliveTimeoutMs: config.keepAliveTimeoutMs,
    requestTimeoutMs: config.requestTimeoutMs,
    corsOrigins: config.corsOrigins,
    isDraining: () => isDraining,
    isOverloaded: gauge.isOverloaded,
    onShed: metrics.shed,
  });

  registerHealthRoutes(app, {
    isDraining: () => isDraining,
    // A rollout while the key server is down must not replace processes that have keys.
    isStarting: () => verifier?.isReady === false,
    findDegraded: () => [
      ...(store.isAvailable ? [] : ["idempotency"]),
      ...(verifier?.isAvailable === false ? ["token-verification"] : []),
    ],
  });
  const metricsApp =
    config.metricsPort === undefined ? app : Fastify({ ...createLimitedServer(config.keepAliveTimeoutMs) });
  metricsApp.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.scrape()));
  registerGraphqlRoute(app, {
    apollo,
    rejectSource: createSourceCheck(findWrite),
    respondToBrowser: config.playground
      ? registerPlayground(app, {
          schema,
          directory: options.playgroundDirectory ?? builtPlayground,
          demo: options.demo,
          build: options.buildPlayground,
        })
      : respondWithoutPlayground,
    createContext({ id: requestId, token, signals, memory }, record) {
      const authenticate = authenticationFor(token, record);
      const scope: RequestScope = { requestId, signals, record, memory, authenticate };
      const session = createRequestSession({
        client: options.client ?? contactSwing.client,
        idempotency,
        scope,
        maxReadsPerCaller: contactSwing.maxReadsPerCaller,
        onIdempotencyResult(result) {
          metrics.countIdempotencyResult(result);
          record.idempotencyResults = [...(record.idempotencyResults ?? []), result];
        },
      });
      return { ...scope, token, contactSwing: session, rootFields: new Map() };
    },
  });

  const stopOnce = () =>
    shutDown({
      app,
      observation,
      graceMs: config.shutdownGraceMs,
      closeUpstream: contactSwing.close,
      stops: [
        gauge.stop,
        apollo.stop.bind(apollo),
        () => metricsApp.close(),
        () => verifier?.stop(),
        store.stop,
        (deadlineMs) => tracing?.stop(deadlineMs),
      ],
    });
  let stopped: Promise<number> | undefined;

  return {
    async start() {
      verifier?.start();
      await Promise.all([apollo.start(), store.start()]);
      if (config.metricsPort !== undefined) await metricsApp.listen({ port: config.metricsPort, host: config.host });
      return app.listen({ port: config.port, host: config.host });
    },
    drain() {
      isDraining = true;
    },
    stop() {
      isDraining = true;
      stopped ??= stopOnce();
      return stopped;
    },
    abandonRequests: () => observation.abandon("second signal"),
    get endedRequestCount() {
      return observation.endedCount;
    },
  };
}

function createVerifier({ jwksUrl, jwtIssuer, jwtAudience }: Config, logger: Logger): TokenVerifier | undefined {
  if (jwksUrl === undefined) return undefined;
  return createTokenVerifier({
    jwksUrl,
    issuer: jwtIssuer,
    audience: jwtAudience,
    onAvailabilityChange(problem) {
      if (problem === undefined) logger.warn("token verification keys loaded again");
      else logger.warn({ "event.reason": problem }, "token verification keys could not be loaded");
    },
  });
}

function createStore(config: Config, logger: Logger, metrics: Metrics): IdempotencyStore {
  return createIdempotencyStore({
    redisUrl: config.redisUrl,
    ttlMs: config.idempotencyTtlSeconds * 1000,
    // Nothing is sent after the request's deadline.
    maxWriteMs: config.requestTimeoutMs + config.upstreamTimeoutMs,
    observeCommand: metrics.observeStoreCommand,
    onAvailabilityChange(availability) {
      if (availability.isAvailable) logger.warn("idempotency store available again");
      else logger.warn({ "error.code": availability.cause }, "idempotency store unavailable");
    },
  });
}

function createUpstream(config: Config, logger: Logger, metrics: Metrics, version: string): ContactSwing {
  const { contactSwingUrl: baseUrl, maxInFlight, maxInFlightPerCaller } = config;
  return createContactSwing({
    baseUrl,
    connectTimeoutMs: config.upstreamConnectTimeoutMs,
    responseTimeoutMs: config.upstreamTimeoutMs,
    maxInFlight,
    maxInFlightPerCaller,
    userAgent: `contactswing-bff/${version}`,
    observer: createUpstreamTelemetry({
      baseUrl,
      metrics: metrics.upstream,
      shed: metrics.shed,
      unknownPath: atMostEvery(minuteMs, () =>
        logger.warn("ContactSwing does not know the path of a request: CONTACTSWING_URL may be wrong"),
      ),
    }),
    onBreakerChange(lane, state) {
      const message = `circuit breaker ${state === "open" ? "opened" : "closed"}`;
      logger.warn({ "circuit_breaker.requests": lane }, message);
    },
  });
}
