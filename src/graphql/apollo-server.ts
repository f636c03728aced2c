import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { GraphQLSchema } from "graphql";
import type { RequestContext } from "../request-context.ts";
import { createDocumentStore, createPersistedQueryCache } from "./document-caches.ts";
import { createErrorGate, maskUnknownError, type ReportBug } from "./error-gate.ts";
import { knownOperationTypes, limitDocument, maxValidationErrors, operationLimits } from "./operation-limits.ts";
import { prepareOperation } from "./prepare-operation.ts";
import { traceOperation } from "./trace-operation.ts";

export interface ApolloSettings {
  readonly schema: GraphQLSchema;
  /** Introspection, and schema names in error messages. */
  readonly isExplorable: boolean;
  readonly reportBug: ReportBug;
}

/** Apollo Server without landing page, inline traces, reports, signal handlers, batching, and stack traces. */
export function createApolloServer({ schema, isExplorable, reportBug }: ApolloSettings): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema,
    introspection: isExplorable,
    hideSchemaDetailsFromClientErrors: !isExplorable,
    documentStore: createDocumentStore(),
    persistedQueries: { cache: createPersistedQueryCache() },
    parseOptions: { maxTokens: operationLimits.tokens },
    validationRules: [limitDocument, knownOperationTypes],
    validationOptions: { maxErrors: maxValidationErrors },
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    allowBatchedHttpRequests: false,
    // A browser cannot send Authorization across origins without a preflight.
    csrfPrevention: { requestHeaders: ["authorization", "x-apollo-operation-name", "apollo-require-preflight"] },
    formatError: maskUnknownError,
    // Its messages quote errors, which may contain the caller's token; the error gate reports each of them.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    plugins: [
      prepareOperation,
      createErrorGate(reportBug, isExplorable),
      traceOperation,
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
