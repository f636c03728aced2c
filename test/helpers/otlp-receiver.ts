import { createServer, type IncomingHttpHeaders } from "node:http";
import { gunzipSync } from "node:zlib";
import { listen } from "./listen.ts";
import { decodeTraces, type ReceivedSpan } from "./otlp-traces.ts";

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** Head and raw body of every export. */
  readonly exports: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }[];
}

/** A real OTLP receiver over HTTP; responds with the status that the test gives, or not at all. */
export async function startOtlpReceiver(statusOf: () => number | Promise<number> = () => 200): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const exports: OtlpReceiver["exports"] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
    exports.push({ path: request.url ?? "", headers: request.headers, body });
    const status = await statusOf();
    if (status === 200) spans.push(...decodeTraces(body));
    response.writeHead(status, { "content-type": "application/x-protobuf" }).end();
  });
  const { url } = await listen(server);
  return { url, spans, exports };
}
