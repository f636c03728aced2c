import type { IncomingMessage } from "node:http";

/**
 * The values of a header, as often as it was sent. For some headers Node.js keeps only the first in `headers`, and
 * `headersDistinct` takes 100 bytes of memory for each header. The raw list alternates names and values.
 */
export function listHeader({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? "");
  }
  return values;
}
