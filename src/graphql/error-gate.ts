import type { ApolloServerPlugin, GraphQLRequestContextWillSendResponse } from "@apollo/server";
import { type GraphQLError, type GraphQLFormattedError, getOperationAST, OperationTypeNode } from "graphql";
import { CallFailure, type Failure } from "../failures/failure.ts";
import { failureTable } from "../failures/failure-table.ts";
import type { RequestContext } from "./context.ts";
import { readProtocolCode } from "./document-error.ts";
import { OperationLimitError, operationLimitCode } from "./operation-limits.ts";
import { describeFailure, describeProtocolError, type Situation } from "./public-error.ts";
import { findTokenExcess } from "./token-limit.ts";
import { findVariableErrors } from "./variable-errors.ts";

/** Called once for every error that is a bug of this service. Must not throw, whatever it is given. */
export type ReportBug = (error: unknown, requestId: string) => void;

type RequestAtItsEnd = GraphQLRequestContextWillSendResponse<RequestContext>;

/**
 * The one gate through which errors leave. Failures get their public form, errors about the document keep their code,
 * everything else is a bug: reported once and masked. It cannot throw.
 * @param isExplorable whether messages may list names of the schema that the caller did not use.
 */
export function createErrorGate(reportBug: ReportBug, isExplorable: boolean): ApolloServerPlugin<RequestContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse(request) {
          const { response, errors, contextValue } = request;
          if (response.body.kind !== "single" || errors === undefined) return;
          const { singleResult } = response.body;
          // An error may bring a status and headers along. What was executed answers 200, or gateways replace it by
          // their own error.
          if (singleResult.data !== undefined) {
            response.http.status = 200;
            response.http.headers.clear();
          }
          const publicErrors = toPublicErrors(request, errors, reportBug, isExplorable);
          response.body = { kind: "single", singleResult: { ...singleResult, errors: publicErrors } };
          contextValue.record.errorCodes = publicErrors.map(({ extensions }) => String(extensions?.code));
          // Apollo Server answers 200. GraphQL over HTTP keeps that for what was executed, and clients read either.
          if (contextValue.record.errorCodes[0] === unknownQueryCode) response.http.status = 404;
        },
      };
    },
    async unexpectedErrorProcessingRequest({ requestContext, error }) {
      reportBug(error, requestContext.contextValue.requestId);
    },
  };
}

const unknownQueryCode = "PERSISTED_QUERY_NOT_FOUND";

function toPublicErrors(
  request: RequestAtItsEnd,
  errors: readonly GraphQLError[],
  reportBug: ReportBug,
  isExplorable: boolean,
): GraphQLFormattedError[] {
  const { requestId } = request.contextValue;
  const situation: Situation = { requestId, isMutation: isMutation(request) };
  // One bug may fail several fields that wait for the same thing.
  const reported = new Set<unknown>();
  const describeBug = (bug: unknown, error?: GraphQLError) => {
    if (!reported.has(bug)) reportBug(bug, requestId);
    reported.add(bug);
    return describeFailure({ kind: "bug" }, situation, error);
  };
  try {
    const limitError = describeLimitError(request, errors, situation);
    if (limitError !== undefined) return [limitError];
    const variableFailure = findVariableFailure(request, errors, isExplorable);
    if (variableFailure !== undefined) return [describeFailure(variableFailure, situation)];
  } catch (bug) {
    return [describeBug(bug)];
  }
  return errors.map((error) => {
    try {
      const { originalError } = error;
      if (originalError instanceof CallFailure) return describeFailure(originalError.failure, situation, error);
      const protocolCode = readProtocolCode(error);
      if (protocolCode !== undefined) return describeProtocolError(error, protocolCode, situation);
      return describeBug(originalError ?? error, isOfGraphql(error) ? error : undefined);
    } catch (bug) {
      return describeBug(bug);
    }
  });
}

/** graphql-js lets an error that has a `path` of its own pass as it is: nothing in that one can be believed. */
function isOfGraphql(error: GraphQLError): boolean {
  return Object.prototype.toString.call(error) === "[object GraphQLError]";
}

/** Whether the request is a write, also when it failed before Apollo Server chose the operation. */
function isMutation({ document, operation, request }: RequestAtItsEnd): boolean {
  const chosen = operation ?? (document && getOperationAST(document, request.operationName));
  return chosen?.operation === OperationTypeNode.MUTATION;
}

/** One error for an operation over its limits, whatever else is wrong with the document. */
function describeLimitError(
  { source }: RequestAtItsEnd,
  errors: readonly GraphQLError[],
  situation: Situation,
): GraphQLFormattedError | undefined {
  // Nothing was executed, so that no error can be of anybody else's making.
  if (errors.some(({ path }) => path !== undefined)) return undefined;
  const limitError = errors
    .map(({ originalError }) => originalError)
    .find((originalError) => originalError instanceof OperationLimitError);
  if (limitError !== undefined) return describeProtocolError(limitError, operationLimitCode, situation);
  const isSyntaxError = errors[0]?.extensions?.code === "GRAPHQL_PARSE_FAILED";
  const excess = isSyntaxError && source !== undefined ? findTokenExcess(source) : undefined;
  if (excess === undefined) return undefined;
  return describeProtocolError(new OperationLimitError("tokens"), operationLimitCode, { ...situation, ...excess });
}

// Apollo Server's own code for an error of graphql-js about a variable.
const variableErrorCode = "BAD_USER_INPUT";

/** graphql-js refuses variables before it executes anything: no error has a path. */
function findVariableFailure(
  { schema, document, operation, request }: RequestAtItsEnd,
  errors: readonly GraphQLError[],
  isExplorable: boolean,
): Failure | undefined {
  const isRefused = errors.some(({ extensions, path }) => extensions?.code === variableErrorCode && path === undefined);
  if (!isRefused || document === undefined || operation === undefined) return undefined;
  const fieldErrors = findVariableErrors(schema, document, operation, request.variables ?? {}, isExplorable);
  return { kind: "variable-invalid", fieldErrors };
}

/**
 * Apollo Server's `formatError`: what it makes public outside of an operation. The request id is added by the route,
 * which knows it.
 */
export function maskUnknownError(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const { code, outcome, retryable, message } = failureTable.bug;
  const given = formatted.extensions?.code;
  if (given !== code) return { message: formatted.message, extensions: { code: given } };
  return { message, extensions: { code, outcome, retryable } };
}
