import { createServer, type IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type Listener, listen } from "./listen.ts";

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

export type Respond = (request: ReceivedRequest, socket: Socket) => ScriptedResponse | Promise<ScriptedResponse>;

export interface Upstream extends Listener {
  readonly received: ReceivedRequest[];
}

/** Responds to nothing until it is released. */
export function hold(respond: Respond = () => createdResponse) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const held: Respond = async (request, socket) => {
    await promise;
    return respond(request, socket);
  };
  return { respond: held, release: () => resolve() };
}

/** A real server in the place of ContactSwing that responds as the test says. */
export async function startUpstream(respond: Respond = () => createdResponse): Promise<Upstream> {
  const received: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url: path = "", headers, rawHeaders } = request;
    const record = { method, path, headers, rawHeaders, body: await text(request) };
    received.push(record);
    const { status, headers: responseHeaders = {}, body = "" } = await respond(record, request.socket);
    const isRaw = typeof body === "string" || Buffer.isBuffer(body);
    response.writeHead(status, { "content-type": isRaw ? "text/plain" : "application/json", ...responseHeaders });
    response.end(isRaw ? body : JSON.stringify(body));
  });
  return { received, ...(await listen(server)) };
}
