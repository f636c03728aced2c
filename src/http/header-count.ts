import type { IncomingMessage } from "node:http";

/** How often a header was sent. Node.js keeps only the first of several for some; the raw list alternates names and values. */
export function countHeader({ rawHeaders }: Pick<IncomingMessage, "rawHeaders">, name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) count += 1;
  }
  return count;
}
