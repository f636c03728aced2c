import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { failureTable } from "../failures/failure-table.ts";
import type { ReportBug } from "../graphql/error-gate.ts";
import { describeFailure } from "../graphql/public-error.ts";

interface ProtocolFailure {
  readonly code: string;
  readonly message: string;
}

/** What can be wrong with a request before it is GraphQL, by HTTP status. Fastify's own messages quote the request. */
export const protocolFailures: Readonly<Record<number, ProtocolFailure>> = {
  400: { code: "BAD_REQUEST", message: "The request body is not valid JSON." },
  404: { code: "NOT_FOUND", message: "There is nothing here; GraphQL is at /graphql." },
  405: { code: "METHOD_NOT_ALLOWED", message: "Use POST, or GET for queries." },
  406: { code: "NOT_ACCEPTABLE", message: "Accept application/graphql-response+json or application/json." },
  408: { code: "REQUEST_TIMEOUT", message: "The request did not arrive in time." },
  413: { code: "PAYLOAD_TOO_LARGE", message: "The request body is too large." },
  415: { code: "UNSUPPORTED_MEDIA_TYPE", message: "Send the request body as application/json." },
  431: { code: "HEADERS_TOO_LARGE", message: "The request's headers are too large." },
};

/** Code and message for an HTTP status that says what is wrong with a request. */
export function describeProtocolFailure(status: number): ProtocolFailure {
  return protocolFailures[status] ?? { code: "BAD_REQUEST", message: "The request is not valid." };
}

/** Answers with a failure of the request itself, in the shape of a GraphQL answer. */
export async function sendProtocolFailure(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  specificMessage?: string,
): Promise<void> {
  const { code, message: usualMessage } = describeProtocolFailure(status);
  const message = specificMessage ?? usualMessage;
  if (request.record) request.record.errorCodes = [code];
  await reply.code(status).send({ errors: [{ message, extensions: { code, requestId: request.id } }] });
}

/** Gives every answer of the HTTP layer the shape of GraphQL errors: one shape for clients to read. */
export function shapeProtocolFailures(app: FastifyInstance, reportBug: ReportBug): void {
  app.setNotFoundHandler((request, reply) => sendProtocolFailure(request, reply, 404));
  app.setErrorHandler(async (error: unknown, request, reply) => {
    const status = request.record?.refusedStatus ?? readStatus(error, request);
    if (status >= 400 && status < 500) return sendProtocolFailure(request, reply, status);
    reportBug(error, request.id);
    if (request.record) request.record.errorCodes = [failureTable.bug.code];
    const publicError = describeFailure({ kind: "bug" }, { requestId: request.id, isMutation: true });
    await reply.code(500).send({ errors: [publicError] });
  });
}

/** The status that Fastify gave an error of its own or of a body that could not be read; 500 for every other error. */
function readStatus(error: unknown, { method, body }: FastifyRequest): number {
  try {
    const { code, statusCode } = error as FastifyError;
    const isAboutBody = method === "POST" && body === undefined;
    return isAboutBody || code.startsWith("FST_") ? (statusCode ?? 500) : 500;
  } catch {
    return 500;
  }
}
