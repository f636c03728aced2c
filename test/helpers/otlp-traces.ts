import protobuf from "protobufjs";

// What is read here of opentelemetry.proto.collector.trace.v1.
const { root } = protobuf.parse(`syntax = "proto3";
  message ExportTraceServiceRequest { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1;
    bytes span_id = 2;
    bytes parent_span_id = 4;
    string name = 5;
    SpanKind kind = 6;
    fixed64 start_time_unix_nano = 7;
    fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9;
    Status status = 15;
  }
  enum SpanKind { unspecified = 0; internal = 1; server = 2; client = 3; }
  message Status { StatusCode code = 3; }
  enum StatusCode { unset = 0; ok = 1; error = 2; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string text = 1; bool boolean = 2; int64 integer = 3; double number = 4; } }`);
const requestType = root.lookupType("ExportTraceServiceRequest");

// biome-ignore lint/suspicious/noExplicitAny: a message of the schema above
type Decoded = any;

/** Decodes an ExportTraceServiceRequest. */
export function decodeTraces(body: Buffer): ReceivedSpan[] {
  const request = requestType.toObject(requestType.decode(body), { longs: Number, enums: String, defaults: true });
  return request.resourceSpans.flatMap(({ resource, scopeSpans }: Decoded) =>
    scopeSpans.flatMap(({ spans }: Decoded) => spans.map((span: Decoded) => readSpan(span, resource))),
  );
}

export type ReceivedSpan = ReturnType<typeof readSpan>;

const readSpan = (span: Decoded, resource: Decoded) => ({
  traceId: span.traceId.toString("hex") as string,
  spanId: span.spanId.toString("hex") as string,
  parentSpanId: Buffer.from(span.parentSpanId).toString("hex"),
  name: span.name as string,
  kind: span.kind as "internal" | "server" | "client",
  durationNanoseconds: (span.endTimeUnixNano - span.startTimeUnixNano) as number,
  isError: span.status?.code === "error",
  attributes: toRecord(span.attributes),
  resource: toRecord(resource.attributes),
});

const toRecord = (attributes: readonly Decoded[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
