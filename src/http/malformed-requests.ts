import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { OperationRecord } from "../telemetry/operation-record.ts";
import { describeProtocolFailure } from "./protocol-failures.ts";

/** Told of every request that was refused before it reached a route, for logs and metrics. */
export type ReportRefusal = (record: OperationRecord, status: number) => void;

const statusOfError: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};
const notHttp = { code: "BAD_REQUEST", message: "The request is not valid HTTP/1.1." };

/** Answers what Node.js' HTTP parser refuses: what is not HTTP, has too large a header, or does not arrive in time. */
export interface MalformedRequests {
  readonly answer: (error: NodeJS.ErrnoException, socket: Socket) => void;
  /** Lets an answer belong to the request whose body is still coming in. */
  readonly watch: (app: FastifyInstance) => void;
}

export function createMalformedRequests(reportRefusal: ReportRefusal): MalformedRequests {
  const underWay = new WeakMap<Socket, FastifyRequest>();

  return {
    watch(app) {
      app.addHook("onRequest", (request, _reply, done) => {
        underWay.set(request.raw.socket, request);
        done();
      });
      app.addHook("onResponse", (request, _reply, done) => {
        underWay.delete(request.raw.socket);
        done();
      });
    },
    answer(error, socket) {
      const request = underWay.get(socket);
      // Bytes that come after a whole request must not be answered in the place of its own answer.
      if (error.code === "ECONNRESET" || !socket.writable || request?.raw.complete) {
        socket.destroy();
        return;
      }
      const status = statusOfError[error.code ?? ""] ?? 400;
      const { code, message } = status === 400 ? notHttp : describeProtocolFailure(status);
      const requestId = request?.id ?? randomUUID();
      // A request that reached its route leaves its line when its connection ends.
      if (request === undefined) reportRefusal({ requestId, errorCodes: [code] }, status);
      else request.refusedStatus = status;
      const body = JSON.stringify({ errors: [{ message, extensions: { code, requestId } }] });
      const head = [
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
        "content-type: application/json; charset=utf-8",
        `content-length: ${Buffer.byteLength(body)}`,
        `x-request-id: ${requestId}`,
        "connection: close",
      ];
      socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
    },
  };
}
