import process from "node:process";
import { createActionReader } from "../../src/actions/action-reader.ts";
import { BearerToken } from "../../src/auth/bearer-token.ts";
import type { ContactSwing } from "../../src/contactswing/client.ts";
import { createApolloServer } from "../../src/graphql/apollo-server.ts";
import type { RequestContext } from "../../src/graphql/context.ts";
import { createSubgraphSchema } from "../../src/graphql/schema.ts";
import { registerGraphqlRoute } from "../../src/http/graphql-route.ts";
import { createHttpServer } from "../../src/http/http-server.ts";
import { reportRefusals } from "../../src/http/watch-request.ts";
import { createIdempotencyGuard } from "../../src/idempotency/idempotency-guard.ts";
import { createMemoryStore } from "../../src/idempotency/memory-store.ts";
import { respondWithoutPlayground } from "../../src/playground/playground.ts";
import { logBug } from "../../src/telemetry/event-log.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { noTracer } from "../../src/telemetry/tracer.ts";
import { onTestEnd } from "./cleanup.ts";

/**
 * The service's own parts over HTTP, on a client that a test makes up: for bugs, which nothing outside can cause.
 * @param breakContext called while a request's context is made.
 */
export async function startServiceOn(contactSwing: ContactSwing, breakContext: () => void = () => {}) {
  const logLines: string[] = [];
  const logger = createLogger("trace", { write: (line) => logLines.push(line) });
  const reportBug = (error: unknown, requestId: string) => logBug(logger, error, requestId);
  const store = createMemoryStore({ ttlMs: 60_000, maxKeys: 100, now: () => performance.now() });
  const { schema } = createSubgraphSchema(contactSwing, createIdempotencyGuard({ store, waitMs: 1000 }));
  const apollo = createApolloServer({ schema, isExplorable: true, isTraced: false, reportBug });
  const metrics = createMetrics({ version: "0.0.0-test", readBreakerState: () => "closed", process });
  const telemetry = { logger, metrics, tracer: noTracer };
  const app = createHttpServer({ reportBug, reportRefusal: reportRefusals(telemetry), isDraining: () => false });
  registerGraphqlRoute(app, {
    apollo,
    telemetry,
    isOverloaded: () => false,
    answerBrowser: respondWithoutPlayground,
    createContext: (request, record): RequestContext => {
      breakContext();
      const token = BearerToken.parse(request.headers.authorization);
      if (token === undefined) throw new Error("these tests send a token");
      const authenticate = async () => ({ token, requestId: request.id, traceparent: undefined });
      return { requestId: request.id, authenticate, actions: createActionReader(contactSwing, authenticate), record };
    },
  });
  await apollo.start();
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  onTestEnd(async () => {
    await app.close();
    await apollo.stop();
    metrics.stop();
  });
  return { url, logLines };
}
