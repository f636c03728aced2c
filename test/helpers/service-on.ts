import { createActionReader } from "../../src/actions/action-reader.ts";
import { BearerToken } from "../../src/auth/bearer-token.ts";
import type { ContactSwing } from "../../src/contactswing/client.ts";
import { createApolloServer } from "../../src/graphql/apollo-server.ts";
import type { RequestContext } from "../../src/graphql/context.ts";
import { createSubgraphSchema } from "../../src/graphql/schema.ts";
import { registerGraphqlRoute } from "../../src/http/graphql-route.ts";
import { createHttpServer } from "../../src/http/http-server.ts";
import { createLogger, logBug } from "../../src/telemetry/logger.ts";
import { onTestEnd } from "./cleanup.ts";

/**
 * The service's own parts over HTTP, on a client that a test makes up: for bugs, which nothing outside can cause.
 * @param breakContext called while a request's context is made.
 */
export async function startServiceOn(contactSwing: ContactSwing, breakContext: () => void = () => {}) {
  const logLines: string[] = [];
  const logger = createLogger("trace", { write: (line) => logLines.push(line) });
  const reportBug = (error: unknown, requestId: string) => logBug(logger, error, requestId);
  const { schema } = createSubgraphSchema(contactSwing);
  const apollo = createApolloServer({ schema, isExplorable: true, reportBug });
  const app = createHttpServer(reportBug, () => false);
  registerGraphqlRoute(app, {
    apollo,
    logger,
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
  });
  return { url, logLines };
}
