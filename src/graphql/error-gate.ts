import type { ApolloServerPlugin, GraphQLRequestContextWillSendResponse } from "@apollo/server";
import type { GraphQLError, GraphQLFormattedError } from "graphql";
import type { BearerToken } from "../auth/bearer-token.ts";
import { replaceToken } from "../auth/replace-token.ts";
import type { RequestContext } from "../execution/request-context.ts";
import { type Failure, RequestFailure } from "../failures/failure.ts";
import { failureTable } from "../failures/failure-table.ts";
import { type DescribedError, recordFailures } from "../request/record-failures.ts";
import { CallerDisconnected } from "../request/request-signals.ts";
import type { FailedField, FindWrite } from "./failed-field.ts";
import { isTokenLimitError, OperationLimitError } from "./operation-limits.ts";
import { readProtocolCode } from "./protocol-codes.ts";
import { describeFailure, describeRejectedDocument } from "./public-error.ts";

/** Called once for every error that is a bug in this service. Must not throw, whatever it is given. */
export type ReportBug = (
  error: unknown,
  request: { readonly requestId: string; readonly token: BearerToken | undefined },
) => void;

type FinishedRequest = GraphQLRequestContextWillSendResponse<RequestContext>;

const unknownQueryCode = "PERSISTED_QUERY_NOT_FOUND";

/**
 * The one gate through which errors leave. Failures get their public form, errors about the document keep their code and
 * message, and everything else is a bug: reported once and masked. It cannot throw.
 */
export function createErrorGate(findWrite: FindWrite, reportBug: ReportBug): ApolloServerPlugin<RequestContext> {
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
          const described = describeErrors(request, errors, findWrite, reportBug);
          const publicErrors = described.map(({ error }) => error);
          response.body = { kind: "single", singleResult: { ...singleResult, errors: publicErrors } };
          recordFailures(contextValue.record, described);
          // Apollo Server returns 200 for it.
          if (publicErrors[0]?.extensions?.code === unknownQueryCode) response.http.status = 404;
        },
      };
    },
    async unexpectedErrorProcessingRequest({ requestContext, error }) {
      reportBug(error, requestContext.contextValue);
    },
  };
}

function describeErrors(
  request: FinishedRequest,
  errors: readonly GraphQLError[],
  findWrite: FindWrite,
  reportBug: ReportBug,
): readonly DescribedError[] {
  const { contextValue } = request;
  // One bug may fail several fields that wait for the same promise.
  const reported = new Set<unknown>();
  const describeBug = (bug: unknown, field?: FailedField, error?: GraphQLError): DescribedError => {
    if (!reported.has(bug)) reportBug(bug, contextValue);
    reported.add(bug);
    const failure: Failure = { kind: "bug" };
    return { failure, error: describeFailure(failure, field, contextValue.requestId, error) };
  };

  // Several fields may share one error.
  return [...new Set(errors)].map((error) => {
    let field: FailedField | undefined;
    try {
      field = findField(error, request, findWrite);
      return (
        describeKnown(error, field, contextValue) ?? describeBug(error.originalError ?? error, field, ownError(error))
      );
    } catch (bug) {
      return describeBug(bug, field);
    }
  });
}

/** The root field that an error belongs to; if nothing was executed, the write in the document. */
function findField(error: GraphQLError, request: FinishedRequest, findWrite: FindWrite): FailedField | undefined {
  const {
    document,
    source,
    contextValue,
    request: { operationName },
  } = request;
  const field = contextValue.rootFields.get(ownError(error)?.path?.[0] ?? "");
  return field ?? findWrite({ document, source, operationName });
}

/** The public form of an error; undefined for a bug. */
function describeKnown(
  error: GraphQLError,
  field: FailedField | undefined,
  { requestId, token }: RequestContext,
): DescribedError | undefined {
  if (error.originalError instanceof CallerDisconnected) return describeUndeliverable(field, requestId);
  const failure = readFailure(error);
  if (failure !== undefined) return { failure, error: describeFailure(failure, field, requestId, error) };
  const rejection = isTokenLimitError(error) ? new OperationLimitError("tokens") : error;
  const code = readProtocolCode(rejection);
  if (code === undefined) return undefined;
  const described = describeRejectedDocument(rejection, code, field, requestId);
  // It quotes the document, in which the token may be by mistake.
  const message = token === undefined ? described.message : replaceToken(described.message, token.reveal());
  return { error: { ...described, message } };
}

// Apollo Server's code for an error of graphql-js about a variable.
const variableErrorCode = "BAD_USER_INPUT";

/** The failure that a resolver has thrown. */
function readFailure({ originalError, extensions, path }: GraphQLError): Failure | undefined {
  if (originalError instanceof RequestFailure) return originalError.failure;
  // What our own check did not find. graphql-js' message quotes the value.
  return extensions.code === variableErrorCode && path === undefined ? { kind: "variable-invalid" } : undefined;
}

function describeUndeliverable(field: FailedField | undefined, requestId: string): DescribedError {
  return { error: describeFailure({ kind: "connection-lost" }, field, requestId), isUndeliverable: true };
}

/** Undefined for another library's error that graphql-js has passed on because it has a `path`, which may be a file's. */
function ownError(error: GraphQLError): GraphQLError | undefined {
  return Object.prototype.toString.call(error) === "[object GraphQLError]" ? error : undefined;
}

/**
 * Apollo Server's `formatError`: what it returns outside of an operation. The route adds the request ID, which only it
 * knows.
 */
export function maskUnknownError(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const { code, message } = failureTable.bug;
  const given = formatted.extensions?.code;
  if (given !== code) return { message: formatted.message, extensions: { code: given } };
  return { message, extensions: { code, outcome: "UNKNOWN", retryable: false } };
}
