import type { IncomingMessage } from "node:http";

// Measured on Node.js 26, for a create request that waits for another one.
const bytesPerRequest = 24 * 1024;
const bytesPerHeader = 100;
const bytesPerJsonValue = 64;
const bytesPerCharacter = 2;

/** What a request takes before its body has arrived. */
export function estimateHeadBytes({ rawHeaders, url = "" }: IncomingMessage): number {
  return bytesPerRequest + (rawHeaders.length / 2) * bytesPerHeader + url.length * bytesPerCharacter;
}

/** What a JSON text takes once it is parsed, besides its bytes: its characters, and an object for each value. */
export function estimateJsonBytes(bytes: number, values: number): number {
  return bytes * (bytesPerCharacter - 1) + values * bytesPerJsonValue;
}

/** What a value takes that was read from JSON. */
export function estimateValueBytes(value: unknown): number {
  if (typeof value === "string") return value.length * bytesPerCharacter;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, inner) => sum + bytesPerJsonValue + estimateValueBytes(inner), 0);
}
