import type { Socket } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";

/**
 * While the service drains, tells every kept-alive connection with an answer on it that it ends there. On a connection
 * with pipelined requests that is the answer to the newest one: node drops what comes after an answer with
 * `Connection: close`, and a create that was sent must not lose its answer. What arrives after that answer was
 * decided on is not processed (RFC 9112, section 9.6).
 */
export function closeConnectionsWhileDraining(app: FastifyInstance, isDraining: () => boolean): void {
  const newest = new WeakMap<Socket, FastifyRequest | "ending">();

  app.addHook("onRequest", (request, reply, done) => {
    const { socket } = request;
    if (newest.get(socket) === "ending") {
      reply.hijack();
      return;
    }
    // Fastify marks what arrives while the listener closes itself.
    newest.set(socket, reply.raw.hasHeader("connection") ? "ending" : request);
    done();
  });

  // Looked at when the answer leaves: a call that began before the drain must not keep its connection either.
  app.addHook("onSend", (request, reply, payload, done) => {
    if (isDraining() && newest.get(request.socket) === request) {
      newest.set(request.socket, "ending");
      reply.header("connection", "close");
    }
    done(null, payload);
  });
}
