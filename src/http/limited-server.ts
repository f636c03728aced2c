import { createServer, type RequestListener, type Server } from "node:http";
import { limits } from "../limits.ts";
import { type Connections, limitConnections } from "./connections.ts";

const timeoutCheckMs = 1000;

export interface LimitedServer {
  readonly connections: Connections;
  /** Fastify's `serverFactory`. */
  serverFactory(handle: RequestListener): Server;
}

/**
 * Node's HTTP server, with limits on everything that arrives before there is a request to look at.
 * @param keepAliveTimeoutMs how long a connection may be idle between two requests.
 */
export function createLimitedServer(keepAliveTimeoutMs: number): LimitedServer {
  const server = createServer({
    maxHeaderSize: limits.request.headerBytes,
    headersTimeout: limits.connection.headersMs,
    requestTimeout: limits.connection.requestMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: timeoutCheckMs,
    // A request without one is rejected with a body.
    requireHostHeader: false,
  });
  server.maxHeadersCount = limits.request.headers;
  // An unknown expectation may be ignored (RFC 9110, section 10.1.1); Node's own 417 would bypass every hook.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  const connections = limitConnections(server);
  return {
    connections,
    serverFactory(handle) {
      server.on("request", (request, response) => {
        if (connections.admit(request, response)) handle(request, response);
      });
      return server;
    },
  };
}
