import { type ClientRequest, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import got, { type PlainResponse } from "got";

export interface TransportSettings {
  readonly baseUrl: string;
  /** From the first attempt to a usable connection, retries included. */
  readonly connectTimeoutMs: number;
  /** From the usable connection to the last byte of the answer. */
  readonly answerTimeoutMs: number;
  readonly maxSockets: number;
}

export interface UpstreamRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  /** The decoded text; empty when it was over the cap. */
  readonly body: string;
  readonly isOversized: boolean;
}

/**
 * How one exchange with ContactSwing ended, as facts. `no-connection` means that no byte of the request left;
 * a `status` means that the head of the answer had come.
 */
export type Exchange =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "no-connection" }
  | { readonly kind: "connection-lost"; readonly status?: number }
  | { readonly kind: "timeout"; readonly status?: number };

export interface Transport {
  /** Sends one request at most once and never rejects. */
  exchange(request: UpstreamRequest): Promise<Exchange>;
  /** Closes every connection. */
  destroy(): void;
}

export const maxAnswerBytes = 1024 * 1024;

// Shorter than the 5 s after which uvicorn closes an idle connection: a create must not meet a socket that is
// just being closed, since nobody could say whether it was taken.
const idleSocketTimeoutMs = 4000;

const maxConnectRetries = 2;
const connectRetryBaseMs = 50;

/** Calls `onConnected` once bytes can leave through the request's socket: at once when it is a kept-alive one. */
function watchConnection(request: ClientRequest, onConnected: () => void): void {
  request.once("socket", (socket: Socket | TLSSocket) => {
    if (request.reusedSocket) return onConnected();
    socket.once("encrypted" in socket ? "secureConnect" : "connect", onConnected);
  });
}

/**
 * The HTTP client in front of ContactSwing: no retries once bytes may have left, no redirects, no throwing on a
 * status, a cap on the answer's size after decompression. A got error holds the caller's token in its options, so
 * none leaves this file: only facts do.
 */
export function createTransport(settings: TransportSettings): Transport {
  const agentOptions = { keepAlive: true, timeout: idleSocketTimeoutMs, maxSockets: settings.maxSockets };
  const agents = { http: new HttpAgent(agentOptions), https: new HttpsAgent(agentOptions) };
  const client = got.extend({
    agent: agents,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    // The answers are a few hundred bytes: compressing them costs more than it saves. One that is compressed
    // nevertheless is decoded, and counted after that.
    headers: { "accept-encoding": "identity", "user-agent": undefined },
  });

  function attempt(request: UpstreamRequest, connectTimeoutMs: number): Promise<Exchange> {
    return new Promise((resolve) => {
      let status: number | undefined;
      let isConnected = false;
      let isSettled = false;

      const stream = client.stream(settings.baseUrl + request.path, {
        method: request.method,
        headers: request.headers,
        ...(request.body === undefined ? {} : { body: request.body }),
      });

      const settle = (exchange: Exchange) => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        resolve(exchange);
      };
      const abandon = (exchange: Exchange) => {
        settle(exchange);
        stream.destroy();
      };
      const known = () => (status === undefined ? {} : { status });

      let timer = setTimeout(() => abandon({ kind: "no-connection" }), connectTimeoutMs);
      stream.once("request", (clientRequest: ClientRequest) =>
        watchConnection(clientRequest, () => {
          isConnected = true;
          clearTimeout(timer);
          if (isSettled) return;
          timer = setTimeout(() => abandon({ kind: "timeout", ...known() }), settings.answerTimeoutMs);
        }),
      );
      stream.on("error", () => {
        abandon(isConnected ? { kind: "connection-lost", ...known() } : { kind: "no-connection" });
      });
      stream.once("response", (response: PlainResponse) => {
        status = response.statusCode;
        const answer = {
          status,
          contentType: response.headers["content-type"] ?? "",
          retryAfter: response.headers["retry-after"],
        };
        const chunks: Buffer[] = [];
        let receivedBytes = 0;
        stream.on("data", (chunk: Buffer) => {
          receivedBytes += chunk.length;
          if (receivedBytes > maxAnswerBytes) {
            abandon({ kind: "answer", answer: { ...answer, body: "", isOversized: true } });
          } else {
            chunks.push(chunk);
          }
        });
        stream.once("end", () => {
          settle({
            kind: "answer",
            answer: { ...answer, body: Buffer.concat(chunks).toString(), isOversized: false },
          });
        });
      });
    });
  }

  return {
    async exchange(request) {
      const deadline = performance.now() + settings.connectTimeoutMs;
      for (let retries = 0; ; retries++) {
        const exchange = await attempt(request, deadline - performance.now());
        const pauseMs = connectRetryBaseMs * 2 ** retries * (0.5 + Math.random());
        const isWorthARetry = retries < maxConnectRetries && performance.now() + pauseMs < deadline;
        if (exchange.kind !== "no-connection" || !isWorthARetry) return exchange;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    },
    destroy() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
