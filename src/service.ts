import Fastify from "fastify";
import { createAuthentication } from "./auth/authentication.ts";
import { createTokenVerifier } from "./auth/token-verifier.ts";
import type { Config } from "./config.ts";
import { createAdmission } from "./contactswing/admission.ts";
import { createCircuitBreaker } from "./contactswing/circuit-breaker.ts";
import { type Client, createClient, type RequestScope } from "./contactswing/client.ts";
import { createRequestSession } from "./contactswing/request-session.ts";
import { createTransport } from "./contactswing/transport.ts";
import { createApolloServer } from "./graphql/apollo-server.ts";
import type { ReportBug } from "./graphql/error-gate.ts";
import { createSubgraphSchema } from "./graphql/schema.ts";
import { createEventLoopGauge } from "./http/event-loop-gauge.ts";
import { registerGraphqlRoute } from "./http/graphql-route.ts";
import { registerHealthRoutes } from "./http/health-routes.ts";
import { createHttpServer } from "./http/http-server.ts";
import { createIdempotencyStore } from "./idempotency/create-idempotency-store.ts";
import { createIdempotencyGuard, type IdempotencyResult } from "./idempotency/idempotency-guard.ts";
import { operations } from "./operations/index.ts";
import { registerPlayground, respondWithoutPlayground } from "./playground/playground.ts";
import type { PlaygroundDemo } from "./playground/settings.ts";
import type { Logger } from "./telemetry/logger.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { serializeError } from "./telemetry/serialize-error.ts";
import type { Tracing } from "./telemetry/tracing.ts";
import { createUpstreamTelemetry } from "./telemetry/upstream-telemetry.ts";

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

// The same directory as seen from src/ and from dist/.
const builtPlayground = new URL("../dist/browser/", import.meta.url);
// How much longer a request waits for another one with its idempotency key than that one can take.
const waitMarginMs = 1000;
// After the grace period: time for the last responses to leave, within the closing time.
const lastResponsesMs = 250;
/** Time to close everything else after the last request. A stop takes at most this plus the grace period. */
const closingMs = 1000;
/** The part of it that is reserved for the log. */
const logMs = 250;

/** Creates every part and connects them: the one place that knows all of them. */
export function createService(options: ServiceOptions): Service {
  const { config, logger, version, rejectedToken, tracing } = options;
  let isDraining = false;

  const breaker = createCircuitBreaker(
    () => performance.now(),
    (state) => logger.warn(`circuit breaker ${state === "open" ? "opened" : "closed"}`),
  );
  const verifier =
    config.jwksUrl === undefined
      ? undefined
      : createTokenVerifier({
          jwksUrl: config.jwksUrl,
          issuer: config.jwtIssuer,
          audience: config.jwtAudience,
          onAvailabilityChange: (problem) => {
            if (problem === undefined) logger.warn("token verification keys loaded again");
            else logger.warn({ "event.reason": problem }, "token verification keys could not be loaded");
          },
        });
  const store = createIdempotencyStore(config, (isAvailable, errorCode) => {
    if (isAvailable) logger.warn("idempotency store available again");
    else logger.warn({ "error.code": errorCode }, "idempotency store unavailable");
  });
  const metrics = createMetrics({
    version,
    fields: operations.map(({ rest: { name, effect } }) => ({
      name,
      operationType: effect === "read" ? "query" : "mutation",
    })),
    readBreakerState: () => breaker.state,
    dependencies: {
      "idempotency-store": () => store.isAvailable,
      ...(verifier === undefined ? {} : { "key-server": () => verifier.isAvailable }),
    },
  });

  const transport = createTransport({
    baseUrl: config.contactSwingUrl,
    connectTimeoutMs: config.upstreamConnectTimeoutMs,
    responseTimeoutMs: config.upstreamTimeoutMs,
  });
  const admission = createAdmission({
    maxInFlight: config.maxInFlight,
    maxInFlightPerCaller: config.maxInFlightPerCaller,
    breaker,
  });
  const upstreamClient = createClient({
    transport,
    admission,
    telemetry: createUpstreamTelemetry(config.contactSwingUrl, metrics.upstream),
    host: new URL(config.contactSwingUrl).hostname,
    userAgent: `contactswing-bff/${version}`,
  });
  const idempotency = createIdempotencyGuard({
    store,
    waitMs: config.upstreamConnectTimeoutMs + config.upstreamTimeoutMs + waitMarginMs,
  });
  const authenticationFor = createAuthentication(rejectedToken, verifier);

  const reportBug: ReportBug = (error, { requestId, token }) =>
    logger.error({ "http.request.id": requestId, ...serializeError(error, token?.reveal()) }, "internal error");
  const { schema } = createSubgraphSchema();
  const apollo = createApolloServer(schema, config.playground, reportBug);
  const gauge = createEventLoopGauge(() => performance.now(), metrics.observeEventLoopDelay);
  const { app, observation } = createHttpServer({
    reportBug,
    logger,
    metrics: metrics.requests,
    corsOrigins: config.corsOrigins,
    isDraining: () => isDraining,
    isOverloaded: gauge.isOverloaded,
  });

  registerHealthRoutes(
    app,
    () => isDraining,
    () => (store.isAvailable ? [] : ["idempotency"]),
  );
  const metricsApp = config.metricsPort === undefined ? app : Fastify({ forceCloseConnections: true });
  metricsApp.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.scrape()));
  registerGraphqlRoute(app, {
    apollo,
    respondToBrowser: config.playground
      ? registerPlayground(app, {
          schema,
          directory: options.playgroundDirectory ?? builtPlayground,
          demo: options.demo,
          build: options.buildPlayground,
        })
      : respondWithoutPlayground,
    createContext({ id: requestId, token, connection, memory }, record) {
      const authenticate = authenticationFor(token, record);
      const scope: RequestScope = { requestId, connection, record, authenticate, memory };
      const contactSwing = createRequestSession(options.client ?? upstreamClient, scope, admission.maxReadsPerCaller);
      const onIdempotencyResult = (result: IdempotencyResult) => {
        metrics.countIdempotencyResult(result);
        record.idempotencyResults = [...(record.idempotencyResults ?? []), result];
      };
      return { ...scope, token, contactSwing, idempotency, onIdempotencyResult };
    },
  });

  async function stop(): Promise<number> {
    isDraining = true;
    const lastDeadline = performance.now() + config.shutdownGraceMs + closingMs;
    let cut: NodeJS.Timeout | undefined;
    const grace = setTimeout(() => {
      // Requests that ContactSwing has not responded to by now end as UNKNOWN, and their callers still learn that.
      transport.destroy();
      cut = setTimeout(() => app.server.closeAllConnections(), lastResponsesMs);
    }, config.shutdownGraceMs);
    await app.close();
    clearTimeout(grace);
    clearTimeout(cut);
    gauge.stop();
    transport.destroy();
    const deadline = Math.min(lastDeadline, performance.now() + closingMs);
    const deadlineBeforeLog = deadline - logMs;
    await Promise.all([
      apollo.stop(),
      store.stop(deadlineBeforeLog),
      tracing?.stop(deadlineBeforeLog),
      metricsApp.close(),
    ]);
    return deadline;
  }
  let stopped: Promise<number> | undefined;

  return {
    async start() {
      void verifier?.warmUp();
      await Promise.all([apollo.start(), store.start()]);
      if (config.metricsPort !== undefined) await metricsApp.listen({ port: config.metricsPort, host: config.host });
      return app.listen({ port: config.port, host: config.host });
    },
    drain() {
      isDraining = true;
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
    abandonRequests: observation.abandon,
    get endedRequestCount() {
      return observation.endedCount;
    },
  };
}
