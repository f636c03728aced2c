import { ApolloServer } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { GraphQLError, type GraphQLSchema, NoSchemaIntrospectionCustomRule, type ValidationRule } from "graphql";
import type { RequestContext } from "../execution/request-context.ts";
import { limits } from "../limits.ts";
import { createDocumentStore, createPersistedQueryCache } from "./document-caches.ts";
import { createErrorGate, maskUnknownError, type ReportBug } from "./error-gate.ts";
import type { FindWrite } from "./failed-field.ts";
import { prepareOperation } from "./prepare-operation.ts";
import { traceOperation } from "./trace-operation.ts";

export interface ApolloServerOptions {
  readonly schema: GraphQLSchema;
  /** Whether introspection is on, and error messages have names of the schema. */
  readonly isExplorable: boolean;
  /** Whether `_service { sdl }` responds where introspection is off. */
  readonly isSdlPublic: boolean;
  readonly findWrite: FindWrite;
  readonly reportBug: ReportBug;
}

/** Validation rule: the schema has a type for the operation. graphql-js 16 finds that out only during execution. */
const knownOperationTypes: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (context.getSchema().getRootType(node.operation)) return;
    context.reportError(new GraphQLError(`The schema has no ${node.operation} operations.`, { nodes: node }));
  },
});

/** Validation rule: the subgraph's schema is as private as introspection. */
const noServiceSdl: ValidationRule = (context) => ({
  Field(node) {
    if (node.name.value !== "_service") return;
    context.reportError(new GraphQLError("`_service` is off, as is introspection.", { nodes: node }));
  },
});

/** Apollo Server without landing page, inline traces, reports, signal handlers, batching, and stack traces. */
export function createApolloServer(options: ApolloServerOptions): ApolloServer<RequestContext> {
  const { schema, isExplorable, isSdlPublic, findWrite, reportBug } = options;
  const hidden = [NoSchemaIntrospectionCustomRule, ...(isSdlPublic ? [] : [noServiceSdl])];
  return new ApolloServer<RequestContext>({
    schema,
    // Apollo Server's own rule against introspection recommends changing the service's code.
    introspection: true,
    hideSchemaDetailsFromClientErrors: !isExplorable,
    documentStore: createDocumentStore(),
    persistedQueries: { cache: createPersistedQueryCache() },
    parseOptions: { maxTokens: limits.operation.tokens },
    validationRules: [knownOperationTypes, ...(isExplorable ? [] : hidden)],
    validationOptions: { maxErrors: limits.errors.count },
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    // A browser cannot send Authorization across origins without a preflight.
    csrfPrevention: { requestHeaders: ["authorization", "x-apollo-operation-name", "apollo-require-preflight"] },
    formatError: maskUnknownError,
    // Its messages quote errors, which may contain the caller's token; the error gate reports each of them.
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    plugins: [
      prepareOperation,
      createErrorGate(findWrite, reportBug),
      traceOperation,
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}
