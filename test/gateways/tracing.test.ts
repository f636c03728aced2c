import { expect, test } from "@jest/globals";
import { onTestEnd } from "../helpers/cleanup.ts";
import { createMutation, minimalInput, send } from "../helpers/graphql.ts";
import { startOtlpReceiver } from "../helpers/otlp-receiver.ts";
import { startService } from "../helpers/service.ts";
import { startUpstream } from "../helpers/upstream.ts";
import { waitFor } from "../helpers/wait-for.ts";
import { composeSupergraph, readSubgraph } from "./composition.ts";
import { startGateway } from "./gateway.ts";

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

/** Receives the spans of the gateway, which it exports as JSON. */
async function startSpanReceiver() {
  const spans: Span[] = [];
  const { url } = await startUpstream(({ body }) => {
    for (const { scopeSpans } of JSON.parse(body).resourceSpans) {
      for (const { spans: received } of scopeSpans) spans.push(...received);
    }
    return { status: 200, body: {} };
  });
  return { url, spans };
}

test("a trace that Hive Gateway begins or continues goes on through the service to ContactSwing", async () => {
  const upstream = await startUpstream();
  const gatewaySpans = await startSpanReceiver();
  const serviceSpans = await startOtlpReceiver();
  const { url } = await startService({
    CONTACTSWING_URL: upstream.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: serviceSpans.url,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  });
  const supergraph = composeSupergraph([await readSubgraph("contactswing", url)]);
  const gateway = await startGateway("hive-gateway", supergraph, {
    OPENTELEMETRY: `${gatewaySpans.url}/v1/traces`,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  });
  onTestEnd(gateway.stop);

  for (const traceparent of [undefined, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"]) {
    const headers = { authorization: "Bearer t", ...(traceparent && { traceparent }) };
    await send(gateway.url, { query: createMutation, variables: { input: minimalInput } }, headers);

    const [, traceId = "", spanId] = String(upstream.received.at(-1)?.headers.traceparent).split("-");
    const find = (spans: readonly Span[], id: string | undefined) => spans.find((span) => span.spanId === id);
    const trace = () => {
      const request = serviceSpans.spans.find((span) => span.traceId === traceId && span.kind === "server");
      return [find(serviceSpans.spans, spanId), request, find(gatewaySpans.spans, request?.parentSpanId)];
    };
    await waitFor("the spans of the gateway and of the service", () => !trace().includes(undefined));

    expect(trace().map((span) => span?.traceId)).toEqual([traceId, traceId, traceId]);
    expect(trace().map((span) => span?.name)).toEqual(["POST /v2/_actions", "POST /graphql", expect.anything()]);
    if (traceparent !== undefined) expect(traceparent).toContain(traceId);
  }
});
