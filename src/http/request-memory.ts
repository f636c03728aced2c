import type { FastifyInstance, FastifyRequest } from "fastify";
import { createMemoryBudget, type RequestMemory } from "../memory-budget.ts";
import { hasRequestInFlight } from "./error-responses.ts";

declare module "fastify" {
  interface FastifyRequest {
    memory: RequestMemory;
  }
}

// docs/memory.md adds these up with everything else.
export const maxRequestsBytes = 64 * 1024 * 1024;
export const maxBytesPerRequest = 16 * 1024 * 1024;
// Measured on Node.js 26, for a create request that waits for another one.
const bytesPerRequest = 24 * 1024;
const bytesPerHeader = 100;
const bytesPerJsonValue = 64;
const bytesPerCharacter = 2;

const methodsWithoutBody: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/**
 * Counts every request against the memory that all of them have together, until its response is sent and it has been
 * handled. Load shedding rejects a request that does not fit; a pipelined one ends its connection, because its response
 * would have to wait and take memory too.
 */
export function setUpRequestMemory(app: FastifyInstance): void {
  const budget = createMemoryBudget(maxRequestsBytes, maxBytesPerRequest);
  app.decorateRequest("memory", null as never);

  app.addHook("onRequest", (request, reply, done) => {
    const memory = budget.open();
    request.memory = memory;
    if (!memory.take(weighHead(request)) && hasRequestInFlight(request.raw.socket)) {
      reply.hijack();
      request.raw.socket.destroy();
      return;
    }
    reply.raw.once("close", async () => {
      await request.handling?.catch(() => undefined);
      memory.release();
    });
    // Nobody reads these bodies, and what is not read is buffered.
    if (methodsWithoutBody.has(request.method)) request.raw.resume();
    done();
  });

  app.addHook("onSend", (request, _reply, payload, done) => {
    request.raw.resume();
    done(null, payload);
  });
}

function weighHead({ raw: { rawHeaders, url = "" } }: FastifyRequest): number {
  return bytesPerRequest + (rawHeaders.length / 2) * bytesPerHeader + url.length * bytesPerCharacter;
}

const valueStarts: ReadonlySet<number> = new Set(Buffer.from(",:[{"));

/** What a JSON text takes once it is parsed, besides its bytes: its characters, and an object for each value. */
export function weighJson(bytes: Buffer): number {
  let values = 0;
  for (const byte of bytes) {
    if (valueStarts.has(byte)) values += 1;
  }
  return bytes.length * (bytesPerCharacter - 1) + values * bytesPerJsonValue;
}
