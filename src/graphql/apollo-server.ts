import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { GraphQLError, type GraphQLSchema, type ValidationRule } from "graphql";
import type { RequestContext } from "../request-context.ts";
import { createDocumentStore, createPersistedQueryCache } from "./document-caches.ts";
import { createErrorGate, maskUnknownError, type ReportBug } from "./error-gate.ts";
import { limitDocument, maxValidationErrors, operationLimits } from "./operation-limits.ts";
import { prepareOperation } from "./prepare-operation.ts";
import { traceOperation } from "./trace-operation.ts";

/** Validation rule: the schema has a type for the operation. graphql-js 16 finds that out only during execution. */
const knownOperationTypes: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (context.getSchema().getRootType(node.operation)) return;
    context.reportError(new GraphQLError(`The schema has no ${node.operation} operations.`, { nodes: node }));
  },
});

/**
 * Apollo Server without landing page, inline traces, reports, signal handlers, batching, and stack traces.
 * @param isExplorable whether introspection is on, and error messages have names of the schema.
 */
export function createApolloServer(
  schema: GraphQLSchema,
  isExplorable: boolean,
  reportBug: ReportBug,
): ApolloServer<RequestContext> {
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
