import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { limits } from "../limits.ts";
import { atMostEvery } from "../timing/at-most-every.ts";

/** Why this service closed a connection: the error of its socket. */
class ConnectionClosed extends Error {}

/** Why this service closed a connection with requests in flight; undefined if its client did. */
export function findCloseReason({ errored }: Socket): string | undefined {
  return errored instanceof ConnectionClosed ? errored.message : undefined;
}

/** An open connection of a client. */
interface Connection {
  /** Those whose last byte has not been sent, in the order of their requests. */
  readonly responses: ServerResponse[];
  /** The bytes received when it was last looked at. */
  bytesRead: number;
  /** When it last made progress, on the clock of `performance.now()`. */
  activeAt: number;
}

export interface Connections {
  /**
   * Counts a request against its connection until its response is complete.
   * @returns whether it may be handled; if not, its connection has been closed.
   */
  admit(request: IncomingMessage, response: ServerResponse): boolean;
  /** The response to the last request of a connection that has arrived completely, until its last byte is sent. */
  findPending(socket: Socket): ServerResponse | undefined;
  /** Makes connections whose clients do not read their responses time out soon, because others need the memory. */
  releaseStalled(): void;
}

const { max, requestsInFlight, stalledResponseMs, stalledResponseUnderPressureMs } = limits.connection;
const pressureEveryMs = 1000;
const closingEveryMs = 1000;

/** Bounds what connections can hold: how many there are, their pipelined requests, and responses that nobody reads. */
export function limitConnections(server: Server): Connections {
  const connections = new Map<Socket, Connection>();
  let isClosingIdle = false;

  function close(socket: Socket, reason: string): void {
    connections.delete(socket);
    socket.destroy(new ConnectionClosed(reason));
  }

  /** Closes the connection that has made no progress for longest, of those whose request is not being handled. */
  function makeRoom(): void {
    let stalest: Socket | undefined;
    let stalestActiveAt = Number.POSITIVE_INFINITY;
    for (const [socket, connection] of connections) {
      if (connection.responses.some(hasWholeRequest)) continue;
      if (socket.bytesRead !== connection.bytesRead) markActive(socket, connection);
      else if (connection.activeAt < stalestActiveAt) {
        stalest = socket;
        stalestActiveAt = connection.activeAt;
      }
    }
    if (stalest === undefined) releaseStalled();
    else close(stalest, "no progress while connections are short");
  }

  const releaseStalled = atMostEvery(pressureEveryMs, () => {
    for (const [socket, { responses }] of connections) {
      if (responses.some(({ writableEnded }) => writableEnded)) socket.setTimeout(stalledResponseUnderPressureMs);
    }
  });

  server.on("connection", (socket: Socket) => {
    if (connections.size >= max) makeRoom();
    if (connections.size >= max) {
      socket.destroy();
      return;
    }
    connections.set(socket, { responses: [], bytesRead: 0, activeAt: performance.now() });
    socket.once("close", () => connections.delete(socket));
  });

  /** Closes connections whose request has stopped arriving since this was called last. */
  function closeStopped(): void {
    for (const [socket, connection] of connections) {
      if (connection.responses.some(hasWholeRequest)) continue;
      if (socket.bytesRead === connection.bytesRead) close(socket, "no progress during the shutdown");
      else connection.bytesRead = socket.bytesRead;
    }
  }

  // Node.js' own, which `close` calls, also closes connections whose response is still being sent.
  server.closeIdleConnections = () => {
    isClosingIdle = true;
    for (const [socket, { responses, bytesRead }] of connections) {
      if (responses.length === 0 && socket.bytesRead === bytesRead) close(socket, "idle");
    }
    // Node.js' time limits for requests have ended.
    const timer = setInterval(closeStopped, closingEveryMs).unref();
    server.once("close", () => clearInterval(timer));
  };

  return {
    admit(request, response) {
      const { socket } = request;
      const connection = connections.get(socket);
      // Closed: these requests arrived in the same chunk as the one that was too many.
      if (connection === undefined) return false;
      connection.responses.push(response);
      markActive(socket, connection);
      if (connection.responses.length > requestsInFlight) {
        close(socket, "too many pipelined requests");
        return false;
      }
      // Node.js restarts this timeout whenever a part of the response has been written to the network.
      response.setTimeout(stalledResponseMs, () => {
        if (response.writableEnded) close(socket, "response not read");
      });
      response.on("close", () => {
        connection.responses.splice(connection.responses.indexOf(response), 1);
        // The head of this response may have been sent before, without `connection: close`.
        if (isClosingIdle && connection.responses.length === 0) close(socket, "idle");
        else markActive(socket, connection);
      });
      return true;
    },
    findPending: (socket) => connections.get(socket)?.responses.findLast(hasWholeRequest),
    releaseStalled,
  };
}

function markActive(socket: Socket, connection: Connection): void {
  connection.bytesRead = socket.bytesRead;
  connection.activeAt = performance.now();
}

function hasWholeRequest({ req }: ServerResponse): boolean {
  return req.complete;
}
