import type { ApolloServerPlugin } from "@apollo/server";
import { chooseWorstCode, isServiceFault } from "../failures/service-faults.ts";
import type { Span } from "../telemetry/tracer.ts";
import type { RequestContext } from "./context.ts";

/**
 * Spans for the parts of an operation: parsing and validation of its document, when that was not seen before, and its
 * execution. The document and the variables are the caller's input and stay out. Comes after the error gate, which
 * says what the errors are.
 */
export const traceOperation: ApolloServerPlugin<RequestContext> = {
  async requestDidStart({ contextValue: { record } }) {
    const requestSpan = record.span;
    let operationSpan: Span | undefined;

    const startPart = (name: string, errorCode: string) => async () => {
      const span = requestSpan.startChild(name, "internal");
      return async (error?: unknown) => {
        if (error !== undefined) span.setAttributes({ "error.type": errorCode });
        span.end();
      };
    };

    return {
      parsingDidStart: startPart("graphql.parse", "GRAPHQL_PARSE_FAILED"),
      validationDidStart: startPart("graphql.validate", "GRAPHQL_VALIDATION_FAILED"),
      async executionDidStart() {
        // GraphQL conventions: named by the type of the operation, whose own name has no bounds.
        operationSpan = requestSpan.startChild(record.operationType ?? "graphql", "internal", {
          "graphql.operation.type": record.operationType,
          "graphql.operation.name": record.operationName,
        });
        record.span = operationSpan;
      },
      async willSendResponse() {
        if (operationSpan === undefined) return;
        const code = chooseWorstCode(record.errorCodes);
        operationSpan.setAttributes({ "error.type": code });
        if (code !== undefined && isServiceFault(code)) operationSpan.fail();
        operationSpan.end();
        record.span = requestSpan;
      },
    };
  },
};
