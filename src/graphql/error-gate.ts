import type { ApolloServerPlugin, GraphQLRequestContextWillSendResponse } from "@apollo/server";
import { type GraphQLError, type GraphQLFormattedError, getOperationAST, OperationTypeNode } from "graphql";
import type { BearerToken } from "../auth/bearer-token.ts";
import { CallerDisconnected } from "../caller-connection.ts";
import { type Failure, RequestFailure } from "../failures/failure.ts";
import { failureTable } from "../failures/failure-table.ts";
import type { RequestContext } from "../request-context.ts";
import { OperationLimitError, toTokenLimitError } from "./operation-limits.ts";
import { readProtocolCode } from "./protocol-errors.ts";
import { describeFailure, describeRejectedDocument, type FailedEffect } from "./public-error.ts";
import { findVariableErrors } from "./variable-errors.ts";

/** Called once for every error that is a bug in this service. Must not throw, whatever it is given. */
export type ReportBug = (
  error: unknown,
  request: { readonly requestId: string; readonly token: BearerToken | undefined },
) => void;

type FinishedRequest = GraphQLRequestContextWillSendResponse<RequestContext>;

const unknownQueryCode = "PERSISTED_QUERY_NOT_FOUND";

/**
 * The one gate through which errors leave. Failures get their public form, errors about the document keep their code,
 * and everything else is a bug: reported once and masked. It cannot throw.
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
          // An error may bring a status and headers along, but executed operations return 200: gateways replace the body
          // of any other response by an error of their own.
          if (singleResult.data !== undefined) {
            response.http.status = 200;
            response.http.headers.clear();
          }
          const publicErrors = toPublicErrors(request, errors, reportBug, isExplorable);
          response.body = { kind: "single", singleResult: { ...singleResult, errors: publicErrors } };
          const errorCodes = publicErrors.map(({ extensions }) => String(extensions?.code));
          contextValue.record.errorCodes = errorCodes;
          // Apollo Server returns 200 for it.
          if (errorCodes[0] === unknownQueryCode) response.http.status = 404;
        },
      };
    },
    async unexpectedErrorProcessingRequest({ requestContext, error }) {
      reportBug(error, requestContext.contextValue);
    },
  };
}

function toPublicErrors(
  request: FinishedRequest,
  errors: readonly GraphQLError[],
  reportBug: ReportBug,
  isExplorable: boolean,
): readonly GraphQLFormattedError[] {
  const { contextValue } = request;
  const { requestId } = contextValue;
  const isMutation = isMutationRequest(request);
  // One bug may fail several fields that wait for the same promise.
  const reported = new Set<unknown>();
  const describeBug = (bug: unknown, error?: GraphQLError) => {
    if (!reported.has(bug)) reportBug(bug, contextValue);
    reported.add(bug);
    return describeFailure({ kind: "bug" }, toEffect(isMutation, error), requestId, error);
  };
  try {
    const error = findLimitError(request, errors);
    if (error !== undefined) {
      return [describeRejectedDocument(error, OperationLimitError.code, error.isMutation ?? isMutation, requestId)];
    }
    const variableFailure = findVariableFailure(request, errors, isExplorable);
    if (variableFailure !== undefined) return [describeFailure(variableFailure, toEffect(isMutation), requestId)];
  } catch (bug) {
    return [describeBug(bug)];
  }
  return errors.map((error) => {
    try {
      const failure = readFailure(error);
      if (failure !== undefined) return describeFailure(failure, toEffect(isMutation, error), requestId, error);
      const code = readProtocolCode(error);
      if (code !== undefined) return describeRejectedDocument(error, code, isMutation, requestId);
      return describeBug(error.originalError ?? error, isGraphqlError(error) ? error : undefined);
    } catch (bug) {
      return describeBug(bug);
    }
  });
}

/** The failure that a resolver has thrown. */
function readFailure({ originalError }: GraphQLError): Failure | undefined {
  if (originalError instanceof RequestFailure) return originalError.failure;
  // A read that stopped because its caller disconnected: this response cannot be delivered.
  return originalError instanceof CallerDisconnected ? { kind: "connection-lost" } : undefined;
}

function toEffect(isMutation: boolean, error?: GraphQLError): FailedEffect {
  if (!isMutation) return "read";
  return (error?.path?.length ?? 0) > 1 ? "read-after-create" : "create";
}

/** graphql-js passes on an error that has a `path` of its own as it is: nothing in that one can be trusted. */
function isGraphqlError(error: GraphQLError): boolean {
  return Object.prototype.toString.call(error) === "[object GraphQLError]";
}

/** Whether the request is a mutation, also if it failed before Apollo Server selected the operation. */
function isMutationRequest({ document, operation, request }: FinishedRequest): boolean {
  const selected = operation ?? (document && getOperationAST(document, request.operationName));
  return selected?.operation === OperationTypeNode.MUTATION;
}

/** The one error for an operation over its limits, whatever else is wrong with the document. */
function findLimitError({ source }: FinishedRequest, errors: readonly GraphQLError[]): OperationLimitError | undefined {
  const error = errors
    .flatMap((candidate) => [candidate, candidate.originalError])
    .find((candidate) => candidate instanceof OperationLimitError);
  return error ?? (errors[0] && toTokenLimitError(errors[0], source ?? ""));
}

// Apollo Server's code for an error of graphql-js about a variable.
const variableErrorCode = "BAD_USER_INPUT";

/** graphql-js rejects variables before it executes anything, so their errors have no path. */
function findVariableFailure(
  { schema, document, operation, request }: FinishedRequest,
  errors: readonly GraphQLError[],
  isExplorable: boolean,
): Failure | undefined {
  const isRejected = errors.some(
    ({ extensions, path }) => extensions?.code === variableErrorCode && path === undefined,
  );
  if (!isRejected || document === undefined || operation === undefined) return undefined;
  const fieldErrors = findVariableErrors(schema, document, operation, request.variables ?? {}, isExplorable);
  return { kind: "variable-invalid", fieldErrors };
}

/**
 * Apollo Server's `formatError`: what it returns outside of an operation. The route adds the request ID, which only it
 * knows.
 */
export function maskUnknownError(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const { code, outcome, retryable, message } = failureTable.bug;
  const given = formatted.extensions?.code;
  if (given !== code) return { message: formatted.message, extensions: { code: given } };
  return { message, extensions: { code, outcome, retryable } };
}
