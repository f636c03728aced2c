import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { overloaded, RequestFailure } from "../failures/failure.ts";
import { limits } from "../limits.ts";
import { estimateHeadBytes } from "../memory/estimates.ts";
import { type MemoryBudget, RequestMemory } from "../memory/memory-budget.ts";
import { RequestSignals } from "../request/request-signals.ts";
import { isGraphqlRequest } from "./graphql-request.ts";

declare module "fastify" {
  interface FastifyRequest {
    memory: RequestMemory;
    signals: RequestSignals;
    /** Settles when the request has been handled, which may be after its caller has disconnected. */
    handling: Promise<unknown> | null;
    /** Called at the end of the request. */
    onEnd: (() => void) | null;
  }
}

const methodsWithoutBody: ReadonlySet<string> = new Set(["GET", "HEAD"]);

const latest = Symbol("latest request");
interface TrackedSocket extends Socket {
  /** Until its body and its response are complete. */
  [latest]?: FastifyReply | undefined;
}

/** The request whose body is still arriving. Its response may have been sent. */
export function findIncompleteRequest(socket: TrackedSocket): FastifyReply | undefined {
  return socket[latest]?.request.raw.complete ? undefined : socket[latest];
}

/**
 * Tracks each request to its end: its response is sent or its caller has disconnected, and it has been handled. Until
 * then it counts against the memory of all requests; a request to `/graphql` that does not fit is rejected.
 * @param timeoutMs how long it may take, from its arrival.
 * @param onMemoryShort called whenever a request needs memory that others have.
 */
export function trackRequestLifetime(app: FastifyInstance, timeoutMs: number, onMemoryShort: () => void): void {
  const { allRequestsBytes: maxBytes, oneRequestBytes: maxBytesPerRequest } = limits.memory;
  const budget: MemoryBudget = { maxBytes, maxBytesPerRequest, onShort: onMemoryShort, usedBytes: 0 };
  app.decorateRequest("memory", null as never);
  app.decorateRequest("signals", null as never);
  app.decorateRequest("handling", null);
  app.decorateRequest("onEnd", null);

  app.addHook("onRequest", (request, reply, done) => {
    const { raw } = request;
    request.memory = new RequestMemory(budget);
    request.signals = new RequestSignals(performance.now() + timeoutMs);
    const socket: TrackedSocket = raw.socket;
    socket[latest] = reply;
    reply.raw.on("close", () => {
      if (raw.complete && socket[latest] === reply) socket[latest] = undefined;
      if (!reply.raw.writableFinished) request.signals.disconnect();
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

/**
 * Rejects a request to `/graphql` that there is no memory for, before its body is read. Health checks and
 * metrics are served anyway: a process that is restarted for being busy loses its requests.
 */
export function limitRequestMemory(app: FastifyInstance): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const shortage = request.memory.take(estimateHeadBytes(request.raw));
    done(shortage !== undefined && isGraphqlRequest(request) ? new RequestFailure(overloaded("memory")) : undefined);
  });
}

function end({ memory, signals, onEnd }: FastifyRequest): void {
  memory.release();
  signals.end();
  onEnd?.();
}
