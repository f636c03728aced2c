import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { describeProtocolFailure } from "./protocol-failures.ts";

/** Told of every request that was refused before it reached a route, for logs and metrics. */
export type ReportRefusal = (requestId: string, code: string, status: number) => void;

const statusOfError: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};
const notHttp = { code: "BAD_REQUEST", message: "The request is not valid HTTP/1.1." };

export interface MalformedRequests {
  /** Answers what Node.js' HTTP parser refuses: not HTTP, too large a header, or not there in time. */
  readonly answer: (error: NodeJS.ErrnoException, socket: Socket) => void;
  /** Lets an answer belong to the request whose body is still coming in. */
  readonly watch: (app: FastifyInstance) => void;
}

export function createMalformedRequests(reportRefusal: ReportRefusal): MalformedRequests {
  const underWay = new WeakMap<Socket, { readonly request: FastifyRequest; readonly reply: FastifyReply }>();

  function watch(app: FastifyInstance): void {
    app.addHook("onRequest", (request, reply, done) => {
      underWay.set(request.raw.socket, { request, reply });
      done();
    });
    app.addHook("onResponse", (request, _reply, done) => {
      underWay.delete(request.raw.socket);
      done();
    });
  }

  function answer(error: NodeJS.ErrnoException, socket: Socket): void {
    const { request, reply } = underWay.get(socket) ?? {};
    if (error.code === "ECONNRESET" || !socket.writable || reply?.raw.headersSent) {
      socket.destroySoon();
      return;
    }
    // The bytes came after a whole request: its own answer is the last one of this connection.
    if (request?.raw.complete) {
      reply?.header("connection", "close");
      return;
    }
    const status = statusOfError[error.code ?? ""] ?? 400;
    const { code, message } = status === 400 ? notHttp : describeProtocolFailure(status);
    const requestId = request?.id ?? randomUUID();
    // The hooks of a route that was reached see the connection's end; no other request has any.
    if (request?.record) request.record.refusedStatus = status;
    else reportRefusal(requestId, code, status);
    writeAnswer(socket, status, requestId, { errors: [{ message, extensions: { code, requestId } }] });
  }

  return { answer, watch };
}

function writeAnswer(socket: Socket, status: number, requestId: string, answer: unknown): void {
  const body = JSON.stringify(answer);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
