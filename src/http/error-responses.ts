import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLFormattedError } from "graphql";
import Negotiator from "negotiator";
import type { ReportBug } from "../graphql/error-gate.ts";
import { describeFailure } from "../graphql/public-error.ts";
import { readBearerToken } from "./credentials.ts";
import { closeAfterLastResponse, hasRequestInFlight } from "./request-lifetime.ts";

export interface HttpErrorRow {
  readonly code: string;
  readonly message: string;
}

/** What can be wrong with a request before it is a GraphQL request, by HTTP status. Fastify's messages quote the request. */
export const httpErrors: Readonly<Record<number, HttpErrorRow>> = {
  400: { code: "BAD_REQUEST", message: "The request body is not valid JSON." },
  404: { code: "NOT_FOUND", message: "Not found; GraphQL is at /graphql." },
  405: { code: "METHOD_NOT_ALLOWED", message: "Use POST, or GET for queries." },
  406: { code: "NOT_ACCEPTABLE", message: "Accept application/graphql-response+json or application/json." },
  408: { code: "REQUEST_TIMEOUT", message: "The request did not arrive in time." },
  413: { code: "PAYLOAD_TOO_LARGE", message: "The request body is too large." },
  415: { code: "UNSUPPORTED_MEDIA_TYPE", message: "Send the request body as application/json in UTF-8." },
  431: { code: "HEADERS_TOO_LARGE", message: "The request headers are too large." },
};
const notHttp: HttpErrorRow = { code: "BAD_REQUEST", message: "The request is not valid HTTP/1.1." };
const otherError: HttpErrorRow = { code: "BAD_REQUEST", message: "The request is not valid." };

export const graphqlPath = "/graphql";

// With their charset, as they are sent: a range in `Accept` may name it (RFC 9110, section 12.5.1).
const jsonType = "application/json; charset=utf-8";
const graphqlType = "application/graphql-response+json; charset=utf-8";

/** The media type for a response from `/graphql`; undefined if the caller accepts neither of the two. */
export function negotiateMediaType({ headers: { accept } }: FastifyRequest): string | undefined {
  if (accept === undefined || accept === "*/*" || accept === "application/json") return jsonType;
  return new Negotiator({ headers: { accept } }).mediaType([jsonType, graphqlType]);
}

export function isGraphqlRequest({ url, is404, routeOptions }: FastifyRequest): boolean {
  const end = url.indexOf("?");
  const path = end < 0 ? url : url.slice(0, end);
  // The router also accepts an absolute URL, percent-encoded letters, and a fragment.
  return path === graphqlPath || (!is404 && routeOptions?.url === graphqlPath);
}

const overloadedRetryAfterSeconds = 1;

/** Rejects a request because the service is overloaded or has no memory for it. */
export function sendOverloaded(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = { kind: "overloaded", retryAfterSeconds: overloadedRetryAfterSeconds } as const;
  const error = describeFailure(failure, toEffect(request), request.id);
  return sendErrors(request, reply.header("retry-after", overloadedRetryAfterSeconds), 503, [error]);
}

/** A POST may be a mutation, so its errors have an outcome. */
function toEffect({ method }: FastifyRequest): "create" | "read" {
  return method === "POST" ? "create" : "read";
}

/** Sends errors in the form of a GraphQL response, in the media type that the caller accepts. */
export function sendErrors(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  errors: readonly GraphQLFormattedError[],
): FastifyReply {
  if (request.record) request.record.errorCodes = errors.map(({ extensions }) => String(extensions?.code));
  const type = (isGraphqlRequest(request) ? negotiateMediaType(request) : undefined) ?? jsonType;
  return reply.code(status).type(type).send(JSON.stringify({ errors }));
}

/** Rejects a request before GraphQL. @param specificMessage replaces the usual message of the status. */
export function sendHttpError(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  specificMessage?: string,
): FastifyReply {
  const { code, message } = httpErrors[status] ?? otherError;
  const extensions = { code, requestId: request.id };
  return sendErrors(request, reply, status, [{ message: specificMessage ?? message, extensions }]);
}

/** Thrown for a request that is rejected with a status of its own. */
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
    if (error instanceof HttpError && error.statusCode === 503) return sendOverloaded(request, reply);
    if (error instanceof HttpError) {
      return sendHttpError(request, reply, error.statusCode, error.message || undefined);
    }
    const { code, statusCode = 500 } = error as Partial<FastifyError>;
    const isFastifyError = error instanceof Error && typeof code === "string" && code.startsWith("FST_");
    if (isFastifyError && statusCode < 500) return sendHttpError(request, reply, statusCode);
    reportBug(error, { requestId: request.id, token: readBearerToken(request.raw) });
    return sendErrors(request, reply, 500, [describeFailure({ kind: "bug" }, toEffect(request), request.id)]);
  });
}

const statusByParserError: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

/** Called for every request that the HTTP parser rejected. */
export type ReportRejection = (requestId: string, code: string, status: number) => void;

/** Responds to what Node's HTTP parser rejects: not HTTP, too large a header, or not there in time. */
export function createClientErrorHandler(reportRejection: ReportRejection) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    // The caller disconnected, perhaps in the middle of a body: that request ends as aborted.
    if (error.code === "ECONNRESET" || error.code === "HPE_INVALID_EOF_STATE" || !socket.writable) {
      socket.destroySoon();
      return;
    }
    // A response in front of that of a complete request would be taken for it.
    if (hasRequestInFlight(socket)) {
      closeAfterLastResponse(socket);
      return;
    }
    const status = statusByParserError[error.code ?? ""] ?? 400;
    const { code, message } = (status === 400 ? undefined : httpErrors[status]) ?? notHttp;
    const requestId = randomUUID();
    reportRejection(requestId, code, status);
    const body = JSON.stringify({ errors: [{ message, extensions: { code, requestId } }] });
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `content-type: ${jsonType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
      "connection: close",
    ];
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
  };
}
