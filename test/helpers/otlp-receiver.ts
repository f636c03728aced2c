import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { listen } from "./listen.ts";
import { decodeTraces, type ReceivedSpan } from "./otlp-traces.ts";

/** A real OTLP receiver over HTTP; responds with the status that the test gives, or not at all. */
export async function startOtlpReceiver(statusOf: () => number | Promise<number> = () => 200) {
  const spans: ReceivedSpan[] = [];
  const exports: { readonly path: string; readonly body: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    exports.push({ path: request.url ?? "", body });
    const status = await statusOf();
    if (status === 200) spans.push(...decodeTraces(body));
    response.writeHead(status, { "content-type": "application/x-protobuf" }).end();
  });
  const { url } = await listen(server);
  return { url, spans, exports };
}
