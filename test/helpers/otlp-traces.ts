export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: "internal" | "server" | "client" | "other";
  readonly durationNanoseconds: bigint;
  readonly isError: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
  /** Events and links are not used; their presence would be a surprise. */
  readonly eventCount: number;
}

type Message = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

/** Reads one protobuf message: its fields by number, not yet interpreted. */
function readMessage(bytes: Buffer): Message {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const readVarint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("cut short");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number) => {
    if (at + length > bytes.length) throw new Error("cut short");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(readVarint());
    const wireType = tag & 7;
    const value =
      wireType === 0
        ? readVarint()
        : wireType === 1
          ? take(8)
          : wireType === 2
            ? take(Number(readVarint()))
            : wireType === 5
              ? take(4)
              : undefined;
    if (value === undefined) throw new Error(`wire type ${wireType}`);
    const number = tag >> 3;
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const messages = (message: Message, field: number) =>
  (message.get(field) ?? []).map((bytes) => readMessage(bytes as Buffer));
const bytesOf = (message: Message, field: number) => (message.get(field)?.[0] as Buffer | undefined) ?? Buffer.alloc(0);
const textOf = (message: Message, field: number) => bytesOf(message, field).toString();
const numberOf = (message: Message, field: number) => Number((message.get(field)?.[0] as bigint | undefined) ?? 0n);

/** opentelemetry.proto.common.v1.AnyValue: text, boolean, integer, double. */
function readAnyValue(value: Message): unknown {
  if (value.has(1)) return textOf(value, 1);
  if (value.has(2)) return numberOf(value, 2) === 1;
  if (value.has(3)) return numberOf(value, 3);
  if (value.has(4)) return bytesOf(value, 4).readDoubleLE();
  throw new Error("an attribute of another type");
}

const readAttributes = (message: Message, field: number) =>
  Object.fromEntries(
    messages(message, field).map((entry) => [textOf(entry, 1), readAnyValue(messages(entry, 2)[0] ?? new Map())]),
  );

// opentelemetry.proto.trace.v1.Span.SpanKind
const kinds = ["other", "internal", "server", "client"] as const;
const errorStatus = 2;

/** Decodes opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest. */
export function decodeTraces(body: Buffer): ReceivedSpan[] {
  return messages(readMessage(body), 1).flatMap((resourceSpans) => {
    const resource = readAttributes(messages(resourceSpans, 1)[0] ?? new Map(), 1);
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => ({
        traceId: bytesOf(span, 1).toString("hex"),
        spanId: bytesOf(span, 2).toString("hex"),
        parentSpanId: bytesOf(span, 4).toString("hex"),
        name: textOf(span, 5),
        kind: kinds[numberOf(span, 6)] ?? "other",
        durationNanoseconds: bytesOf(span, 8).readBigUInt64LE() - bytesOf(span, 7).readBigUInt64LE(),
        attributes: readAttributes(span, 9),
        eventCount: (span.get(11)?.length ?? 0) + (span.get(13)?.length ?? 0),
        isError: numberOf(messages(span, 15)[0] ?? new Map(), 3) === errorStatus,
        resource,
      }));
  });
}
