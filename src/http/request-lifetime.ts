import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CallerConnection } from "../caller-connection.ts";
import { type MemoryBudget, RequestMemory } from "../memory-budget.ts";
import { maxBytesPerRequest, maxRequestsBytes, weighHead } from "./request-memory.ts";

declare module "fastify" {
  interface FastifyRequest {
    memory: RequestMemory;
    connection: CallerConnection;
    /** Settles when the request has been handled, which may be after its caller has disconnected. */
    handling: Promise<unknown> | null;
    /** Called at the end of the request. */
    onEnd: (() => void) | null;
  }
}

const methodsWithoutBody: ReadonlySet<string> = new Set(["GET", "HEAD"]);

const inFlight = Symbol("requests without a complete response");
const latest = Symbol("latest request");
interface FollowedSocket extends Socket {
  [inFlight]?: Set<FastifyReply>;
  /** Until its body and its response are complete. */
  [latest]?: FastifyReply | undefined;
}

/** The last complete request of the connection without a complete response. */
export function findRequestInFlight(socket: FollowedSocket): FastifyReply | undefined {
  return [...(socket[inFlight] ?? [])].findLast(({ request }) => request.raw.complete);
}

/** The request whose body is still arriving. Its response may have been sent. */
export function findIncompleteRequest(socket: FollowedSocket): FastifyReply | undefined {
  return socket[latest]?.request.raw.complete ? undefined : socket[latest];
}

/**
 * Follows each request to its end: its response is sent or its caller has disconnected, and it has been handled. Until
 * then it counts against the memory of all requests. Load shedding rejects one that does not fit; a pipelined one ends its
 * connection, because its response would have to wait and take memory too.
 */
export function followRequests(app: FastifyInstance): void {
  const budget: MemoryBudget = { maxBytes: maxRequestsBytes, maxBytesPerRequest, usedBytes: 0 };
  app.decorateRequest("memory", null as never);
  app.decorateRequest("connection", null as never);
  app.decorateRequest("handling", null);
  app.decorateRequest("onEnd", null);

  app.addHook("onRequest", (request, reply, done) => {
    const { raw } = request;
    request.memory = new RequestMemory(budget);
    request.connection = new CallerConnection();
    if (!request.memory.take(weighHead(request)) && findRequestInFlight(raw.socket)) {
      request.memory.release();
      reply.hijack();
      raw.socket.destroy();
      return;
    }
    const socket: FollowedSocket = raw.socket;
    socket[inFlight] ??= new Set();
    socket[inFlight].add(reply);
    socket[latest] = reply;
    reply.raw.once("close", () => {
      socket[inFlight]?.delete(reply);
      if (raw.complete && socket[latest] === reply) socket[latest] = undefined;
      if (!reply.raw.writableFinished) request.connection.close();
      if (request.handling === null) end(request);
      else
        request.handling.then(
          () => end(request),
          () => end(request),
        );
    });
    // These bodies are never parsed, and what is not read is buffered until the response.
    if (methodsWithoutBody.has(request.method)) raw.resume();
    done();
  });
}

function end({ memory, onEnd }: FastifyRequest): void {
  memory.release();
  onEnd?.();
}
