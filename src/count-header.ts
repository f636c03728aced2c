import type { IncomingMessage } from "node:http";

/**
 * How often a header was sent. For some headers Node.js keeps only the first in `headers`, and `headersDistinct` takes
 * 100 bytes of memory for each header. The raw list alternates names and values.
 */
export function countHeader({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) count += 1;
  }
  return count;
}
