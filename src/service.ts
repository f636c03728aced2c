import { createActionReader } from "./actions/action-reader.ts";
import { createTokenVerifier } from "./auth/token-verifier.ts";
import type { Config } from "./config.ts";
import { createCircuitBreaker } from "./contactswing/circuit-breaker.ts";
import { type Caller, createContactSwing } from "./contactswing/client.ts";
import { createTransport } from "./contactswing/transport.ts";
import { createApolloServer } from "./graphql/apollo-server.ts";
import { createSubgraphSchema } from "./graphql/schema.ts";
import { createAuthentication } from "./http/authentication.ts";
import { allowOrigins } from "./http/cross-origin.ts";
import { createEventLoopGauge } from "./http/event-loop-gauge.ts";
import { registerGraphqlRoute } from "./http/graphql-route.ts";
import { registerHealthRoutes } from "./http/health-routes.ts";
import { createHttpServer } from "./http/http-server.ts";
import { registerMetricsRoute } from "./http/metrics-route.ts";
import { reportRefusals } from "./http/watch-request.ts";
import { createIdempotencyStore } from "./idempotency/create-idempotency-store.ts";
import { createIdempotencyGuard } from "./idempotency/idempotency-guard.ts";
import { registerPlayground, respondWithoutPlayground } from "./playground/playground.ts";
import type { PlaygroundDemo } from "./playground/settings.ts";
import { logBug, logKeys, logStoreChange } from "./telemetry/event-log.ts";
import type { Logger } from "./telemetry/logger.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import type { OperationRecord } from "./telemetry/operation-record.ts";
import type { ProcessUsage } from "./telemetry/runtime-metrics.ts";
import { noTracer, type Tracer } from "./telemetry/tracer.ts";
import { watchCalls } from "./telemetry/watch-calls.ts";

export interface Service {
  /** Listens; resolves with the service's own origin. */
  start(): Promise<string>;
  /** Readiness says no from here on; calls are still taken. */
  drain(): void;
  /** Stops listening, lets calls under way finish for at most the grace period, and closes every connection. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly version: string;
  /** A token that is never passed on: the sandbox's demo token, unless the sandbox is what is called. */
  readonly refusedToken?: string;
  /** What the playground offers, when the sandbox is what is called. */
  readonly demo?: PlaygroundDemo | undefined;
  /** Where the playground was built to. */
  readonly playgroundDirectory?: URL;
  /** Builds the playground before its page is sent, in development. */
  readonly buildPlayground?: () => Promise<void>;
  /** Whose memory and processor time the metrics show. */
  readonly process: ProcessUsage;
  /** Stopped with the service. */
  readonly tracer?: Tracer;
}

// The same place seen from src/ and from dist/.
const builtPlayground = new URL("../dist/browser/", import.meta.url);
// A call waits for another one's answer a little longer than that one can take, so that it is there to get it.
const waitMarginMs = 1000;
// After the grace period: time for the last answers to leave.
const lastAnswersMs = 250;

/** Makes everything and passes it in: the one place that knows every part. */
export function createService(options: ServiceOptions): Service {
  const { config, logger, version, refusedToken, process, tracer = noTracer } = options;
  const reportBug = (error: unknown, requestId: string) => logBug(logger, error, requestId);
  const records = new WeakMap<Caller, OperationRecord>();
  let isDraining = false;

  const breaker = createCircuitBreaker(() => performance.now());
  const metrics = createMetrics({ version, readBreakerState: () => breaker.state, process });
  const telemetry = { logger, metrics, tracer };
  const transport = createTransport({
    baseUrl: config.contactSwingUrl,
    connectTimeoutMs: config.upstreamConnectTimeoutMs,
    answerTimeoutMs: config.upstreamTimeoutMs,
  });
  const contactSwing = createContactSwing({
    transport,
    breaker,
    maxInFlight: config.maxInFlight,
    host: new URL(config.contactSwingUrl).hostname,
    userAgent: `contactswing-bff/${version}`,
    watcher: watchCalls({
      baseUrl: config.contactSwingUrl,
      metrics: metrics.upstream,
      findRecord: (caller) => records.get(caller),
    }),
  });
  const store = createIdempotencyStore(config, (isAvailable, code) => logStoreChange(logger, isAvailable, code));
  const idempotency = createIdempotencyGuard({
    store,
    waitMs: config.upstreamConnectTimeoutMs + config.upstreamTimeoutMs + waitMarginMs,
    onResult: (result, caller) => {
      metrics.countIdempotencyResult(result);
      const record = records.get(caller);
      if (record !== undefined) record.idempotencyResults = [...(record.idempotencyResults ?? []), result];
    },
  });
  const verifier =
    config.jwksUrl === undefined
      ? undefined
      : createTokenVerifier({
          jwksUrl: config.jwksUrl,
          issuer: config.jwtIssuer,
          audience: config.jwtAudience,
          onKeysChange: (problem) => logKeys(logger, problem),
        });
  const authentication = createAuthentication({
    refusedToken,
    verifier,
    onCaller: (caller, record) => records.set(caller, record),
  });

  const { schema } = createSubgraphSchema(contactSwing, idempotency);
  const apollo = createApolloServer({ schema, isExplorable: config.playground, isTraced: tracer.isOn, reportBug });
  const gauge = createEventLoopGauge(() => performance.now());
  const app = createHttpServer({
    reportBug,
    reportRefusal: reportRefusals(telemetry),
    isDraining: () => isDraining,
  });
  allowOrigins(app, config.corsOrigins);
  registerHealthRoutes(
    app,
    () => isDraining,
    () => (store.isAvailable ? [] : ["idempotency"]),
  );
  registerMetricsRoute(app, metrics);
  registerGraphqlRoute(app, {
    apollo,
    telemetry,
    isOverloaded: gauge.isOverloaded,
    answerBrowser: config.playground
      ? registerPlayground(app, {
          schema,
          directory: options.playgroundDirectory ?? builtPlayground,
          demo: options.demo,
          build: options.buildPlayground,
        })
      : respondWithoutPlayground,
    createContext: (request, record) => {
      const authenticate = authentication(request.raw, request.id, record);
      return { requestId: request.id, authenticate, actions: createActionReader(contactSwing, authenticate), record };
    },
  });

  async function stop(): Promise<void> {
    isDraining = true;
    let cut: NodeJS.Timeout | undefined;
    const grace = setTimeout(() => {
      // Calls that ContactSwing has not answered by now end as UNKNOWN, and their callers still get to know.
      transport.destroy();
      cut = setTimeout(() => app.server.closeAllConnections(), lastAnswersMs);
    }, config.shutdownGraceMs);
    await app.close();
    clearTimeout(grace);
    clearTimeout(cut);
    gauge.stop();
    await apollo.stop();
    transport.destroy();
    await store.stop();
    metrics.stop();
    await tracer.stop();
  }
  let stopped: Promise<void> | undefined;

  return {
    async start() {
      void verifier?.warmUp();
      await Promise.all([apollo.start(), store.start()]);
      return app.listen({ port: config.port, host: config.host });
    },
    drain() {
      isDraining = true;
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
