export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

/** A timed part of a request. Attributes never hold the token, the input or anything else of unbounded length. */
export interface Span {
  /** Undefined when nothing is traced. */
  readonly traceId: string | undefined;
  /** The W3C header for a call that this span stands for; undefined when nothing is traced. */
  readonly traceparent: string | undefined;
  startChild(name: string, kind: "internal" | "client", attributes?: SpanAttributes): Span;
  setAttributes(attributes: SpanAttributes): void;
  /** Marks what happened as a fault. */
  fail(): void;
  end(): void;
}

/** Where spans come from. Nothing else of the service knows how they are recorded and sent. */
export interface Tracer {
  readonly isOn: boolean;
  /** The span of an incoming request, inside the caller's trace when `traceparent` (well-formed) says so. */
  startRequest(name: string, attributes: SpanAttributes, traceparent: string | undefined): Span;
  /** Sends what is left. Never rejects, and takes a few seconds at most. */
  stop(): Promise<void>;
}

export const noSpan: Span = Object.freeze({
  traceId: undefined,
  traceparent: undefined,
  startChild: () => noSpan,
  setAttributes: () => {},
  fail: () => {},
  end: () => {},
});

/** Traces nothing and costs nothing. */
export const noTracer: Tracer = Object.freeze({
  isOn: false,
  startRequest: () => noSpan,
  stop: async () => {},
});
