import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestEnd } from "./cleanup.ts";

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface ScriptedResponse {
  readonly status: number;
  readonly headers?: Record<string, string>;
  /** Sent as it is if it is text or bytes, else as JSON. */
  readonly body?: unknown;
}

export const createdResponse: ScriptedResponse = {
  status: 201,
  body: { ctx_id: "ctx-1", data: { action_id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION" } },
};

export interface Upstream {
  readonly url: string;
  readonly received: ReceivedRequest[];
  readonly close: () => Promise<void>;
}

/** A real server in the place of ContactSwing that responds as the test says. */
export async function startUpstream(
  respond: (request: ReceivedRequest, socket: Socket) => ScriptedResponse | Promise<ScriptedResponse> = () =>
    createdResponse,
): Promise<Upstream> {
  const received: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "", url: path = "", headers, rawHeaders } = request;
    const record = { method, path, headers, rawHeaders, body: Buffer.concat(chunks).toString() };
    received.push(record);
    const { status, headers: responseHeaders = {}, body = "" } = await respond(record, request.socket);
    const isRaw = typeof body === "string" || Buffer.isBuffer(body);
    response.writeHead(status, { "content-type": isRaw ? "text/plain" : "application/json", ...responseHeaders });
    response.end(isRaw ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestEnd(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, close };
}
