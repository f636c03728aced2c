import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Connections } from "./connections.ts";
import { httpErrors, sendHttpError } from "./error-responses.ts";
import { jsonType } from "./graphql-request.ts";
import { findIncompleteRequest } from "./request-lifetime.ts";

const statusByParserError: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};
const notHttp = { code: "BAD_REQUEST", message: "The request is not valid HTTP/1.1." };

/** Called for every request that was rejected before its head was complete. */
export type ReportRejection = (requestId: string, code: string, status: number) => void;

/** Responds to what Node's HTTP parser rejects: not HTTP, too large a header, or not there in time. */
export function createClientErrorHandler(connections: Connections, reportRejection: ReportRejection) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    // The caller disconnected, perhaps in the middle of a body: that request ends as aborted.
    if (error.code === "ECONNRESET" || error.code === "HPE_INVALID_EOF_STATE" || !socket.writable) {
      socket.destroySoon();
      return;
    }
    // An error that is written before a pending response would be taken for that response.
    const pending = connections.findPending(socket);
    if (pending !== undefined) {
      socket.pause();
      pending.once("finish", () => socket.destroySoon());
      if (!pending.headersSent) pending.setHeader("connection", "close");
      return;
    }
    const status = statusByParserError[error.code ?? ""] ?? 400;
    const { code, message } = (status === 400 ? undefined : httpErrors[status]) ?? notHttp;
    const reply = findIncompleteRequest(socket);
    if (reply?.sent) socket.destroySoon();
    else if (reply) void sendHttpError(reply.request, reply.header("connection", "close"), status, message);
    else {
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
    }
  };
}
