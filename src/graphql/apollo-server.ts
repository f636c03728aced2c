import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { GraphQLSchema } from "graphql";
import type { RequestContext } from "./context.ts";
import { createDocumentStore, createPersistedQueryCache } from "./document-caches.ts";
import { createErrorGate, maskUnknownError, type ReportBug } from "./error-gate.ts";
import { refuseNullVariables } from "./null-variables.ts";
import { limitOperations, maxValidationErrors, operationLimits } from "./operation-limits.ts";
import { recordOperation } from "./record-operation.ts";
import { traceOperation } from "./trace-operation.ts";

export interface ApolloSettings {
  readonly schema: GraphQLSchema;
  /** Introspection, and schema names in error messages. */
  readonly isExplorable: boolean;
  readonly isTraced: boolean;
  readonly reportBug: ReportBug;
}

/**
 * A persisted query's id that is no text is one that nobody has registered. Apollo Server would turn whatever it is
 * into text, and run out of stack over a deep enough list.
 */
const readPersistedQueryId: ApolloServerPlugin<RequestContext> = {
  async requestDidStart({ request }) {
    const { persistedQuery } = request.extensions ?? {};
    const isObject = typeof persistedQuery === "object" && persistedQuery !== null;
    if (isObject && typeof persistedQuery.sha256Hash !== "string") persistedQuery.sha256Hash = "";
  },
};

/** Apollo Server without what it does unasked: landing page, traces, reports, signal handlers, batching, stacks. */
export function createApolloServer({
  schema,
  isExplorable,
  isTraced,
  reportBug,
}: ApolloSettings): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema,
    introspection: isExplorable,
    hideSchemaDetailsFromClientErrors: !isExplorable,
    documentStore: createDocumentStore(),
    persistedQueries: { cache: createPersistedQueryCache() },
    parseOptions: { maxTokens: operationLimits.tokens },
    validationRules: [limitOperations],
    validationOptions: { maxErrors: maxValidationErrors },
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    allowBatchedHttpRequests: false,
    // A browser cannot send Authorization across origins without a preflight.
    csrfPrevention: { requestHeaders: ["authorization", "x-apollo-operation-name", "apollo-require-preflight"] },
    formatError: maskUnknownError,
    // Its messages quote errors, which may hold the caller's token; the gate reports each of them by itself.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    plugins: [
      readPersistedQueryId,
      recordOperation,
      refuseNullVariables,
      createErrorGate(reportBug, isExplorable),
      ...(isTraced ? [traceOperation] : []),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
