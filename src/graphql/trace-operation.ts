import type { ApolloServerPlugin } from "@apollo/server";
import { context, type Span } from "@opentelemetry/api";
import type { RequestContext } from "../execution/request-context.ts";
import { recordErrors, startSpan } from "../telemetry/tracing.ts";

function traceStep(name: string, errorCode: string) {
  return async () => {
    const { span } = startSpan(name, context.active());
    return async (error?: unknown) => {
      if (error !== undefined) span.setAttribute("error.type", errorCode);
      span.end();
    };
  };
}

/**
 * Spans for parsing and validation of a document that is not in the cache, and for the execution of the operation.
 * The document and the variables belong to the caller and are left out. Comes after the error gate, which sets the
 * codes of the errors.
 */
export const traceOperation: ApolloServerPlugin<RequestContext> = {
  async requestDidStart({ contextValue: { record } }) {
    let span: Span | undefined;
    return {
      parsingDidStart: traceStep("graphql.parse", "GRAPHQL_PARSE_FAILED"),
      validationDidStart: traceStep("graphql.validate", "GRAPHQL_VALIDATION_FAILED"),
      async executionDidStart() {
        const { operationType, operationName } = record;
        // Named by the type, as in OpenTelemetry's conventions, because the number of operation names is unbounded.
        const started = startSpan(operationType ?? "graphql", record.traceContext);
        span = started.span;
        if (operationType !== undefined) span.setAttribute("graphql.operation.type", operationType);
        if (operationName !== undefined) span.setAttribute("graphql.operation.name", operationName);
        // Passed explicitly, because a plugin cannot replace the active context that resolvers run in, and without the
        // SDK there is none.
        record.traceContext = started.traceContext;
      },
      async willSendResponse() {
        if (span === undefined) return;
        recordErrors(span, record.errorCodes);
        span.end();
      },
    };
  },
};
