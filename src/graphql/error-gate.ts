import type { ApolloServerPlugin, GraphQLRequestContextWillSendResponse } from "@apollo/server";
import { type GraphQLFormattedError, getOperationAST, OperationTypeNode } from "graphql";
import { CallFailure, type Failure } from "../failures/failure.ts";
import { failureTable } from "../failures/failure-table.ts";
import type { RequestContext } from "./context.ts";
import { describeFailure, describeProtocolError, isProtocolError, type Situation } from "./public-error.ts";
import { findVariableErrors } from "./variable-errors.ts";

/** Called once for every error that is a bug of this service. */
export type ReportBug = (error: unknown, requestId: string) => void;

type RequestAtItsEnd = GraphQLRequestContextWillSendResponse<RequestContext>;

/**
 * The one gate through which errors leave. Failures get their public form, errors about the document keep their code,
 * everything else is a bug: reported once and masked. It cannot throw.
 */
export function createErrorGate(reportBug: ReportBug): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse(request) {
          const { body } = request.response;
          if (body.kind !== "single" || request.errors === undefined) return;
          const errors = toPublicErrors(request, reportBug);
          request.response.body = { kind: "single", singleResult: { ...body.singleResult, errors } };
          request.contextValue.record.errorCodes = errors.map((error) => String(error.extensions?.code));
        },
      };
    },
    async unexpectedErrorProcessingRequest({ requestContext, error }) {
      reportBug(error, requestContext.contextValue.requestId);
    },
  };
}

function toPublicErrors(request: RequestAtItsEnd, reportBug: ReportBug): GraphQLFormattedError[] {
  const { requestId } = request.contextValue;
  const situation: Situation = { requestId, isMutation: isMutation(request) };
  try {
    const variableFailure = findVariableFailure(request);
    if (variableFailure !== undefined) return [describeFailure(variableFailure, situation)];
    return (request.errors ?? []).map((error) => {
      const { originalError } = error;
      if (originalError instanceof CallFailure) return describeFailure(originalError.failure, situation, error);
      if (isProtocolError(error)) return describeProtocolError(error, situation);
      reportBug(originalError ?? error, requestId);
      return describeFailure({ kind: "bug" }, situation, error);
    });
  } catch (error) {
    reportBug(error, requestId);
    return [describeFailure({ kind: "bug" }, situation)];
  }
}

/** Whether the request is a write, also when it failed before Apollo Server chose the operation. */
function isMutation({ document, operation, request }: RequestAtItsEnd): boolean {
  const chosen = operation ?? (document && getOperationAST(document, request.operationName));
  return chosen?.operation === OperationTypeNode.MUTATION;
}

/** graphql-js refuses variables before it executes anything: errors, an operation, and no `data` at all. */
function findVariableFailure({
  response,
  errors,
  schema,
  document,
  operation,
  request,
}: RequestAtItsEnd): Failure | undefined {
  const isRefused = response.body.kind === "single" && response.body.singleResult.data === undefined;
  if (!isRefused || document === undefined || operation === undefined || errors?.some(isProtocolError))
    return undefined;
  const fieldErrors = findVariableErrors(schema, document, operation, request.variables ?? {});
  return fieldErrors.length === 0 ? undefined : { kind: "variable-invalid", fieldErrors };
}

/**
 * Apollo Server's `formatError`: what it makes public outside of an operation. The request id is added by the route,
 * which knows it.
 */
export function maskUnknownError(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const { code, outcome, retryable, message } = { ...failureTable.bug, ...formatted.extensions };
  if (code !== failureTable.bug.code) return { message: formatted.message, extensions: { code } };
  return { message, extensions: { code, outcome, retryable } };
}
