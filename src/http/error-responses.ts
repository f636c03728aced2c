import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Failure, RequestFailure } from "../failures/failure.ts";
import type { ReportBug } from "../graphql/error-gate.ts";
import type { FailedField } from "../graphql/failed-field.ts";
import { describeFailure } from "../graphql/public-error.ts";
import { type DescribedError, recordFailures } from "../request/record-failures.ts";
import { isGraphqlRequest, jsonType, negotiateMediaType } from "./graphql-request.ts";

const badRequest = { code: "BAD_REQUEST", message: "The request is not valid." };

/** What can be wrong with a request before it is a GraphQL request, by HTTP status. Fastify's messages quote the request. */
export const httpErrors: Readonly<Record<number, { readonly code: string; readonly message: string }>> = {
  400: badRequest,
  404: { code: "NOT_FOUND", message: "Not found; GraphQL is at /graphql." },
  405: { code: "METHOD_NOT_ALLOWED", message: "Use POST, or GET for queries." },
  406: { code: "NOT_ACCEPTABLE", message: "Accept application/graphql-response+json or application/json." },
  408: { code: "REQUEST_TIMEOUT", message: "The request did not arrive in time." },
  413: { code: "PAYLOAD_TOO_LARGE", message: "The request body is too large." },
  415: { code: "UNSUPPORTED_MEDIA_TYPE", message: "Send the request body as application/json in UTF-8." },
  431: { code: "HEADERS_TOO_LARGE", message: "The request headers are too large." },
};

/** Sends errors in the form of a GraphQL response, in the media type that the caller accepts. */
export function sendErrors(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  described: readonly DescribedError[],
): FastifyReply {
  if (request.record) recordFailures(request.record, described);
  const type = (isGraphqlRequest(request) ? negotiateMediaType(request) : undefined) ?? jsonType;
  const errors = described.map(({ error }) => error);
  return reply.code(status).type(type).send(JSON.stringify({ errors }));
}

/** Rejects a request before GraphQL. @param specificMessage replaces the usual message of the status. */
export function sendHttpError(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  specificMessage?: string,
): FastifyReply {
  const { code, message } = httpErrors[status] ?? badRequest;
  const extensions = { code, requestId: request.id };
  return sendErrors(request, reply, status, [{ error: { message: specificMessage ?? message, extensions } }]);
}

/** Thrown for a request that is rejected before GraphQL with a status of its own. */
export class HttpError extends Error {
  readonly statusCode: number;

  /** @param message for the caller; replaces the usual message of the status. */
  constructor(statusCode: number, message?: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** Gives every error response the form of a GraphQL response. */
export function setUpErrorResponses(app: FastifyInstance, reportBug: ReportBug): void {
  const respondNotFound = (request: FastifyRequest, reply: FastifyReply) =>
    isGraphqlRequest(request)
      ? sendHttpError(request, reply.header("allow", "GET, POST"), 405)
      : sendHttpError(request, reply, 404);
  app.setNotFoundHandler(respondNotFound);
  // Before the body is read: its type, size, and content do not matter.
  app.addHook("preParsing", (request, reply, _payload, done) => {
    if (request.is404) void respondNotFound(request, reply);
    else done();
  });
  app.setErrorHandler((error: unknown, request, reply) => {
    // Before GraphQL, the only failure is `overloaded`.
    if (error instanceof RequestFailure) {
      return sendFailure(request, reply.header("retry-after", error.failure.retryAfterSeconds), 503, error.failure);
    }
    if (error instanceof HttpError) {
      return sendHttpError(request, reply, error.statusCode, error.message || undefined);
    }
    const { code, statusCode = 500 } = error as Partial<FastifyError>;
    const isFastifyError = error instanceof Error && typeof code === "string" && code.startsWith("FST_");
    if (isFastifyError && statusCode < 500) return sendHttpError(request, reply, statusCode);
    reportBug(error, { requestId: request.id, token: request.token });
    return sendFailure(request, reply, 500, { kind: "bug" });
  });
}

/** A POST may be a mutation, so its errors have an outcome. */
const possibleWrite: FailedField = {
  operation: { effect: "create", isRepeatable: false, wording: { subject: "action", done: "created" } },
  hasSucceeded: false,
};

function sendFailure(request: FastifyRequest, reply: FastifyReply, status: number, failure: Failure): FastifyReply {
  const field = request.method === "POST" ? possibleWrite : undefined;
  return sendErrors(request, reply, status, [{ failure, error: describeFailure(failure, field, request.id) }]);
}
