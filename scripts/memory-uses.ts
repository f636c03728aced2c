// The worst case of the service's memory, for docs/memory.md and the test that it fits into the container.
import { limits } from "../src/limits.ts";

const { connection, idempotency, memory, request, upstream } = limits;

/** Part of the memory, in MiB: inside V8's heap and outside of it. */
interface MemoryUse {
  readonly what: string;
  readonly limit: string;
  readonly heap?: number;
  readonly outside?: number;
}

const mebibyte = 2 ** 20;
const format = (number: number) => number.toLocaleString("en");

// Settings with their defaults.
const maxInFlight = 256;
const maxQueuedSpans = 2048;

// Measured on Node.js 26.
const connectionBytes = 3 * 1024;
const headersHeapBytes = 22 * 1024;
const parsedBytesPerByte = 22;
const spanBytes = 2 * 1024;
const resultOverheadBytes = 1024;

export const memoryUses: readonly MemoryUse[] = [
  { what: "the service itself", limit: "after the start", heap: 18, outside: 80 },
  {
    what: "open connections",
    limit: `${format(connection.max)} of 3 KiB each`,
    heap: (connection.max * connectionBytes) / mebibyte,
  },
  {
    what: "headers that are still arriving",
    limit: `${request.headerBytes / 1024} KiB and ${request.headers} headers per connection, for ${connection.headersMs / 1000} s`,
    heap: (connection.max * headersHeapBytes) / mebibyte,
    outside: (connection.max * request.headerBytes) / mebibyte,
  },
  {
    what: "requests in flight",
    limit: "one budget for all, see below",
    heap: memory.allRequestsBytes / mebibyte,
    outside: memory.allRequestsBytes / mebibyte,
  },
  {
    what: "responses to create requests",
    limit: `the first ${upstream.guaranteedWriteBytes / 1024} KiB of each, so that no ID is lost; \`MAX_IN_FLIGHT\` (${maxInFlight}) at once`,
    outside: (maxInFlight * upstream.guaranteedWriteBytes) / mebibyte,
  },
  {
    what: "a response of ContactSwing while it is parsed",
    limit: `${upstream.responseBytes / mebibyte} MiB of text, one at a time`,
    heap: (upstream.responseBytes * parsedBytesPerByte) / mebibyte,
  },
  {
    what: "parsed documents, persisted queries",
    limit: `${memory.documentsBytes / mebibyte} and ${memory.persistedQueriesBytes / mebibyte} MiB, the oldest are evicted`,
    heap: (memory.documentsBytes + memory.persistedQueriesBytes) / mebibyte,
  },
  {
    what: "completed idempotency keys, without Redis",
    limit: "the oldest are evicted",
    heap: idempotency.memoryStoreBytes / mebibyte,
  },
  {
    what: "results that Redis has not confirmed",
    limit: `of \`MAX_IN_FLIGHT\` requests, ${(idempotency.responseCharacters + resultOverheadBytes) / 1024} KiB each`,
    heap: (maxInFlight * (idempotency.responseCharacters + resultOverheadBytes)) / mebibyte,
  },
  {
    what: "spans that wait for export",
    limit: `\`OTEL_BSP_MAX_QUEUE_SIZE\` (${format(maxQueuedSpans)}) of 2 KiB each`,
    heap: (maxQueuedSpans * spanBytes) / mebibyte,
  },
  {
    what: "log lines that a slow reader has not read",
    limit: "further ones are dropped",
    heap: memory.logBytes / mebibyte,
  },
  {
    what: "key set, circuit breaker, metric labels",
    limit: `${memory.keySetBytes / 1024} KiB, 100 buckets, closed sets of values`,
    heap: 2,
  },
];

/** The worst case, in MiB. */
export function sumMemory() {
  const sum = (of: "heap" | "outside") => memoryUses.reduce((total, use) => total + (use[of] ?? 0), 0);
  return { heap: sum("heap"), outside: sum("outside") };
}
