// The generated sections of docs/limits.md and docs/memory.md.
import { limits } from "../src/limits.ts";
import { memoryUses, sumMemory } from "./memory-uses.ts";
import { printTable } from "./print-table.ts";

type Limits = typeof limits;
type Group = keyof Limits;

interface Description {
  readonly what: string;
  readonly beyond: string;
}

const overloaded = "503 `OVERLOADED`";
const tooLarge = "413 `PAYLOAD_TOO_LARGE`";
const badResponse = "`UPSTREAM_BAD_RESPONSE`";
const split = "400 `OPERATION_LIMIT_EXCEEDED`";
const oldestGo = "the oldest are evicted";

/** Complete by type: a limit that is not described here does not compile. */
const descriptions: { readonly [Name in Group]: { readonly [Key in keyof Limits[Name]]: Description } } = {
  connection: {
    max: { what: "open", beyond: "the oldest one without progress is closed" },
    requestsInFlight: { what: "requests in flight on one", beyond: "closed" },
    stalledResponseMs: { what: "a response that its client does not read", beyond: "closed" },
    stalledResponseUnderPressureMs: {
      what: "the same while memory or connections are short",
      beyond: "closed",
    },
    headersMs: { what: "time to receive the headers of a request", beyond: "408 `REQUEST_TIMEOUT`" },
    requestMs: { what: "time to receive all of it", beyond: "408 `REQUEST_TIMEOUT`" },
  },
  request: {
    headerBytes: { what: "URL and headers together", beyond: "431 `HEADERS_TOO_LARGE`" },
    headers: { what: "number of headers", beyond: "431 `HEADERS_TOO_LARGE`" },
    contentTypeCharacters: { what: "`Content-Type`", beyond: "415 `UNSUPPORTED_MEDIA_TYPE`" },
    bodyBytes: { what: "body, after decompression; every valid input fits", beyond: tooLarge },
    bodyChunks: { what: "HTTP chunks of a body", beyond: tooLarge },
    jsonValues: { what: "JSON values: items of arrays, members of objects", beyond: tooLarge },
  },
  operation: {
    tokens: { what: "tokens; they also bound depth, aliases, and directives", beyond: split },
    lines: { what: "lines", beyond: split },
    rootFields: { what: "root fields, counted per response key", beyond: split },
    entities: { what: "references to entities", beyond: split },
    responseValues: { what: "values that the response can have", beyond: split },
  },
  list: {
    items: { what: "`first`", beyond: "`BAD_USER_INPUT`" },
    pageRequests: { what: "pages requested from ContactSwing", beyond: "a shorter page with `hasNextPage: true`" },
    details: { what: "actions whose details a filter requests", beyond: "the same" },
  },
  errors: {
    count: { what: "problems of a document, of variables, or of references", beyond: "not reported" },
    upstreamFields: { what: "fields that ContactSwing rejects", beyond: "not reported" },
    messageCharacters: { what: "a message", beyond: "truncated" },
  },
  upstream: {
    readShare: { what: "share of `MAX_IN_FLIGHT` that reads may use", beyond: "`OVERLOADED`" },
    readsPerRequest: { what: "reads in flight for one request, or its caller's share", beyond: "the others wait" },
    responseBytes: { what: "response, after decompression", beyond: badResponse },
    responseHeaderBytes: { what: "headers of a response", beyond: "`UPSTREAM_ERROR`" },
    guaranteedWriteBytes: {
      what: "first part of a write's response, which always has memory",
      beyond: "counts as memory",
    },
    idleSocketMs: { what: "idle connection", beyond: "closed" },
    socketAgeMs: { what: "age of a connection", beyond: "closed after its request" },
    retryAfterSeconds: { what: "`Retry-After`", beyond: "this value" },
  },
  circuitBreaker: {
    windowMs: { what: "period that is looked at", beyond: "" },
    minRequests: { what: "requests in it, at least", beyond: "" },
    failureShare: { what: "share of them that found ContactSwing unavailable", beyond: "`UPSTREAM_UNAVAILABLE`" },
    firstPauseMs: { what: "first pause", beyond: "" },
    maxPauseMs: { what: "longest pause", beyond: "" },
  },
  idempotency: {
    responseCharacters: { what: "a stored response", beyond: "`OUTCOME_UNKNOWN` instead of a replay" },
    memoryStoreBytes: { what: "ended keys, without Redis", beyond: oldestGo },
  },
  eventLoop: {
    delayMs: { what: "wait for the event loop", beyond: overloaded },
    lastingDelayMs: { what: "… only after it has been that late for", beyond: "" },
  },
  memory: {
    allRequestsBytes: { what: "[requests in flight](memory.md)", beyond: overloaded },
    oneRequestBytes: { what: "one request", beyond: "`OPERATION_LIMIT_EXCEEDED`" },
    documentsBytes: { what: "parsed documents", beyond: oldestGo },
    persistedQueriesBytes: { what: "persisted queries", beyond: oldestGo },
    persistedQueryCharacters: { what: "one persisted query", beyond: "not kept" },
    keySetBytes: { what: "token verification keys", beyond: "not loaded" },
    logBytes: { what: "log lines that wait for a slow reader", beyond: "dropped and counted" },
  },
};

const titles: Readonly<Record<Group, string>> = {
  connection: "Connections",
  request: "Requests",
  operation: "Operations",
  list: "A list field",
  errors: "Errors of one request",
  upstream: "Requests to ContactSwing",
  circuitBreaker: "Circuit breaker",
  idempotency: "Idempotency",
  eventLoop: "Event loop",
  memory: "Memory",
};

/** The sections of docs/limits.md: a table for each group. */
export function printLimits(): string {
  return Object.entries<Readonly<Record<string, number>>>(limits)
    .map(([group, values]) => {
      const described: Readonly<Record<string, Description>> = descriptions[group as Group];
      const rows = Object.entries(values).map(([key, value]) => {
        const { what, beyond } = described[key] as Description;
        return [what, formatLimit(key, value), beyond];
      });
      return `\n## ${titles[group as Group]}\n${printTable(["what", "limit", "beyond it"], rows)}`;
    })
    .join("")
    .replaceAll("\n\n\n", "\n\n");
}

/** A number with the unit that its name ends with. */
function formatLimit(name: string, value: number): string {
  if (name.endsWith("Bytes")) return value < 2 ** 20 ? `${value / 2 ** 10} KiB` : `${value / 2 ** 20} MiB`;
  if (name.endsWith("Ms")) return value < 1000 ? `${value} ms` : `${value / 1000} s`;
  if (name.endsWith("Share")) return `${100 * value} %`;
  const number = value.toLocaleString("en");
  if (name.endsWith("Seconds")) return `${number} s`;
  return name.endsWith("Characters") ? `${number} characters` : number;
}

/** The table of docs/memory.md, in MiB. */
export function printMemory(): string {
  const toText = (mebibytes: number) => (mebibytes === 0 ? "" : String(Math.round(mebibytes)));
  const { heap, outside } = sumMemory();
  return printTable(
    ["what", "limit", "heap", "outside"],
    [
      ...memoryUses.map(({ what, limit, heap = 0, outside = 0 }) => [what, limit, toText(heap), toText(outside)]),
      ["**sum**", "", `**${Math.round(heap)}**`, `**${Math.round(outside)}**`],
    ],
  );
}
