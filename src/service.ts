import { createActionReader } from "./actions/action-reader.ts";
import { createTokenVerifier, type TokenVerifier } from "./auth/token-verifier.ts";
import type { Config } from "./config.ts";
import { createCircuitBreaker } from "./contactswing/circuit-breaker.ts";
import { type Caller, type CallReport, createContactSwing } from "./contactswing/client.ts";
import { createTransport } from "./contactswing/transport.ts";
import { createApolloServer } from "./graphql/apollo-server.ts";
import type { RequestContext } from "./graphql/context.ts";
import { createSubgraphSchema } from "./graphql/schema.ts";
import { createAuthentication } from "./http/authentication.ts";
import { allowOrigins } from "./http/cross-origin.ts";
import { createEventLoopGauge } from "./http/event-loop-gauge.ts";
import { registerGraphqlRoute } from "./http/graphql-route.ts";
import { registerHealthRoutes } from "./http/health-routes.ts";
import { createHttpServer } from "./http/http-server.ts";
import { answerWithoutIde, registerIdeRoute } from "./http/ide-route.ts";
import type { IdeDemo } from "./http/ide-settings.ts";
import { createIdempotencyStore } from "./idempotency/create-idempotency-store.ts";
import { createIdempotencyGuard, type IdempotencyResult } from "./idempotency/idempotency-guard.ts";
import { type Logger, logBug, logKeys, logOperation, logStoreChange } from "./telemetry/logger.ts";
import type { OperationRecord } from "./telemetry/operation-record.ts";

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
  readonly demo?: IdeDemo;
  /** Where the playground was built to. */
  readonly ideDirectory?: URL;
}

// The same place seen from src/ and from dist/.
const builtIdeDirectory = new URL("../dist/ide/", import.meta.url);
// A call waits for another one's answer a little longer than that one can take, so that it is there to get it.
const waitMarginMs = 1000;
// After the grace period: time for the last answers to leave.
const lastAnswersMs = 250;

/** Makes everything and passes it in: the one place that knows every part. */
export function createService({
  config,
  logger,
  version,
  refusedToken,
  demo,
  ideDirectory = builtIdeDirectory,
}: ServiceOptions): Service {
  const reportBug = (error: unknown, requestId: string) => logBug(logger, error, requestId);
  const records = new WeakMap<Caller, OperationRecord>();
  let isDraining = false;

  const transport = createTransport({
    baseUrl: config.contactSwingUrl,
    connectTimeoutMs: config.upstreamConnectTimeoutMs,
    answerTimeoutMs: config.upstreamTimeoutMs,
  });
  const contactSwing = createContactSwing({
    transport,
    breaker: createCircuitBreaker(() => performance.now()),
    maxInFlight: config.maxInFlight,
    host: new URL(config.contactSwingUrl).hostname,
    userAgent: `contactswing-bff/${version}`,
    onCall: (report, caller) => recordCall(records.get(caller), report),
  });
  const store = createIdempotencyStore(config, (isAvailable, code) => logStoreChange(logger, isAvailable, code));
  const idempotency = createIdempotencyGuard({
    store,
    waitMs: config.upstreamConnectTimeoutMs + config.upstreamTimeoutMs + waitMarginMs,
    onResult: (result, caller) => recordIdempotency(records.get(caller), result),
  });
  const { schema } = createSubgraphSchema(contactSwing, idempotency);
  const apollo = createApolloServer({ schema, isExplorable: config.playground, reportBug });
  const gauge = createEventLoopGauge(() => performance.now());
  const app = createHttpServer({
    reportBug,
    reportRefusal: (record, status) => logOperation(logger, record, status, 0),
    isDraining: () => isDraining,
  });
  const verifier = config.jwksUrl === undefined ? undefined : createVerifier(config, config.jwksUrl, logger);
  const authentication = createAuthentication({
    refusedToken,
    verifier,
    onCaller: (caller, record) => records.set(caller, record),
  });

  const ideOptions = { directory: ideDirectory, schema, ...(demo === undefined ? {} : { demo }) };

  allowOrigins(app, config.corsOrigins);
  registerHealthRoutes(
    app,
    () => isDraining,
    () => (store.isAvailable ? [] : ["idempotency"]),
  );
  registerGraphqlRoute(app, {
    apollo,
    logger,
    isOverloaded: gauge.isOverloaded,
    answerBrowser: config.playground ? registerIdeRoute(app, ideOptions) : answerWithoutIde,
    createContext: (request, record): RequestContext => {
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

function createVerifier({ jwtIssuer, jwtAudience }: Config, jwksUrl: string, logger: Logger): TokenVerifier {
  return createTokenVerifier({
    jwksUrl,
    issuer: jwtIssuer,
    audience: jwtAudience,
    onKeysChange: (problem) => logKeys(logger, problem),
  });
}

function recordCall(record: OperationRecord | undefined, { status, ctxId, durationMs }: CallReport): void {
  if (record === undefined) return;
  record.upstreamDurationMs = (record.upstreamDurationMs ?? 0) + durationMs;
  if (status !== undefined) record.upstreamStatus = status;
  if (ctxId !== null) record.upstreamCtxId = ctxId;
}

function recordIdempotency(record: OperationRecord | undefined, result: IdempotencyResult): void {
  if (record !== undefined) record.idempotencyResults = [...(record.idempotencyResults ?? []), result];
}
