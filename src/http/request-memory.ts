import type { FastifyRequest } from "fastify";

// docs/memory.md adds these up with everything else.
export const maxRequestsBytes = 64 * 1024 * 1024;
export const maxBytesPerRequest = 16 * 1024 * 1024;
// Measured on Node.js 26, for a create request that waits for another one.
const bytesPerRequest = 24 * 1024;
const bytesPerHeader = 100;
const bytesPerJsonValue = 64;
const bytesPerCharacter = 2;

/** What a request takes before its body has arrived. */
export function weighHead({ raw: { rawHeaders, url = "" } }: FastifyRequest): number {
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
