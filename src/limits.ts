const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/**
 * Every number that limits what a caller or ContactSwing can make this service do. docs/limits.md and docs/memory.md are
 * generated from it (`npm run schema`) and say what happens beyond each.
 */
export const limits = {
  /** Connections of clients. */
  connection: {
    max: 2000,
    /** Browsers and gateways do not pipeline at all. */
    requestsInFlight: 10,
    /** How long a response may make no progress, because its client does not read it. */
    stalledResponseMs: 30_000,
    /** The same while there is no memory or no connection left for others. */
    stalledResponseUnderPressureMs: 1000,
    /** From the first byte of a request to the end of its headers, and to the end of its body. */
    headersMs: 5000,
    requestMs: 10_000,
  },

  /** A request before GraphQL. */
  request: {
    /** All headers together, and the URL of a GET. */
    headerBytes: 16 * kibibyte,
    /** Each header costs memory of its own, however short it is; Node.js ignores what follows after this many. */
    headers: 100,
    /** Libraries read this header with regular expressions. */
    contentTypeCharacters: 256,
    /**
     * After decompression. Every input that the rules allow fits, however its client escapes it: two descriptions of
     * 10,000 characters, each escaped as two `\uXXXX`, are 240,000 bytes.
     */
    bodyBytes: 256 * kibibyte,
    /** 256 KiB in chunks of 64 bytes. Each chunk costs a few microseconds, however small it is. */
    bodyChunks: 4096,
    /** Array items and object members. A thousand references of a gateway have some 3,000. */
    jsonValues: 20_000,
  },

  /** One GraphQL operation. */
  operation: {
    /**
     * They bound depth, aliases, and directives, too. The widest realistic operation, ten create requests with every field
     * written inline, has about 800.
     */
    tokens: 1000,
    /** Of the document. graphql-js counts them again for each error that it locates. */
    lines: 2000,
    rootFields: 10,
    /** References of a gateway. */
    entities: 1000,
    /** Leaves and objects of the response, estimated from the document. A thousand references with every field have 14,000. */
    responseValues: 20_000,
  },

  /** One list field. */
  list: {
    items: 100,
    /** ContactSwing's pages, which have rows of all kinds of actions. */
    pageRequests: 10,
    /** Requested because a filter depends on them. */
    details: 100,
  },

  /** What is reported of one request. */
  errors: {
    /** Problems of a document, of variables, or of references. */
    count: 20,
    /** Fields that ContactSwing rejects. */
    upstreamFields: 100,
    messageCharacters: 500,
  },

  /** Requests to ContactSwing. */
  upstream: {
    /** The share of `MAX_IN_FLIGHT` that reads may use; the rest is reserved for writes. */
    readShare: 0.75,
    /** A gateway may ask for a thousand entities in one request: more reads of one request than these wait. */
    readsPerRequest: 32,
    /** Decompressed. */
    responseBytes: mebibyte,
    responseHeaderBytes: 64 * kibibyte,
    /** Of the response to a write, these bytes always have memory: the ID of what was created must not get lost. */
    guaranteedWriteBytes: 64 * kibibyte,
    /** Shorter than the 5 s after which uvicorn closes an idle connection: a POST on a closing socket has an unknown outcome. */
    idleSocketMs: 4000,
    /** A name may move to another address. */
    socketAgeMs: 60_000,
    /** Of `Retry-After`: a day. */
    retryAfterSeconds: 86_400,
  },

  circuitBreaker: {
    windowMs: 10_000,
    minRequests: 20,
    failureShare: 0.5,
    firstPauseMs: 1000,
    maxPauseMs: 10_000,
  },

  idempotency: {
    /** Of a response that is stored; ContactSwing's have a few hundred. */
    responseCharacters: 8192,
    /** Of the ended keys without Redis: some 50,000 of them. */
    memoryStoreBytes: 32 * mebibyte,
  },

  /** Requests to `/graphql` are rejected while more of them arrive than the event loop can handle. */
  eventLoop: {
    /** How late it may be before the requests that waited for it are rejected. */
    delayMs: 100,
    /** How much lateness in a row counts as lasting overload. */
    lastingDelayMs: 2000,
  },

  /** Most of these can be filled by callers. */
  memory: {
    /** What requests in flight use: bodies, parsed JSON, headers, ContactSwing's responses, and their own. */
    allRequestsBytes: 64 * mebibyte,
    oneRequestBytes: 16 * mebibyte,
    /** Parsed and validated documents. */
    documentsBytes: 8 * mebibyte,
    persistedQueriesBytes: 4 * mebibyte,
    /** A longer one is not kept. */
    persistedQueryCharacters: 16 * kibibyte,
    keySetBytes: 256 * kibibyte,
    /** Log lines that wait for a slow reader. Further lines are dropped. */
    logBytes: 4 * mebibyte,
  },
} as const;
