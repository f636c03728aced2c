import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import got, { type PlainResponse } from "got";

export interface TransportSettings {
  readonly baseUrl: string;
  /** From the first attempt to a usable connection, retries included. */
  readonly connectTimeoutMs: number;
  /** From the usable connection to the last byte of the answer. */
  readonly answerTimeoutMs: number;
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
 * How one exchange with ContactSwing ended, as facts. `no-connection` means that no byte of the request left, for want
 * of a TCP connection or of a TLS session over it; a `status` means that the head of the answer had come.
 */
export type Exchange =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "no-connection"; readonly phase: "tcp" | "tls" }
  | { readonly kind: "connection-lost"; readonly status?: number }
  | { readonly kind: "timeout"; readonly status?: number };

export interface Transport {
  /** Sends one request at most once and never rejects. */
  exchange(request: UpstreamRequest): Promise<Exchange>;
  /** Closes every connection: calls under way end as lost, and there are no new ones. */
  destroy(): void;
}

export const maxAnswerBytes = 1024 * 1024;

// Shorter than the 5 s after which uvicorn closes an idle connection: a create must not meet a socket that is
// just being closed, since nobody could say whether it was taken.
const idleSocketTimeoutMs = 4000;

const emptyAnswer = { contentType: "", retryAfter: undefined, body: "", isOversized: false };

const maxConnectRetries = 2;
const connectRetryBaseMs = 50;

/**
 * The HTTP client in front of ContactSwing: no retries once bytes may have left, no redirects, no throwing on a
 * status, a cap on the answer's size after decompression. A got error holds the caller's token in its options, so
 * none leaves this file: only facts do.
 */
export function createTransport(settings: TransportSettings): Transport {
  const { protocol, hostname, port } = new URL(settings.baseUrl);
  const isSecure = protocol === "https:";
  const Agent = isSecure ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true, timeout: idleSocketTimeoutMs });
  const target = { host: hostname.replace(/^\[|\]$/g, ""), port, agent };
  const client = got.extend({
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    // The answers are a few hundred bytes: compressing them costs more than it saves. One that is compressed
    // nevertheless is decoded, and counted after that.
    headers: { "accept-encoding": "identity", "user-agent": undefined },
    // got offers node some forty options, nearly all undefined, and node copies them for every call and again for its
    // socket: a fifth of the call's cost. These are the ones that matter.
    request: (url, { method, headers }) =>
      (isSecure ? httpsRequest : httpRequest)({ ...target, path: url.pathname + url.search, method, headers }),
  });

  let isDestroyed = false;

  function attempt(request: UpstreamRequest, connectTimeoutMs: number): Promise<Exchange> {
    return new Promise((resolve) => {
      let status: number | undefined;
      let phase: "tcp" | "tls" | "usable" = "tcp";
      let isSettled = false;

      const stream = client.stream(settings.baseUrl + request.path, {
        method: request.method,
        headers: request.headers,
        ...(request.body === undefined ? {} : { body: request.body }),
      });

      let timer: NodeJS.Timeout | undefined;
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
      const giveUp = (kind: "connection-lost" | "timeout") =>
        abandon(phase === "usable" ? { kind, ...(status && { status }) } : { kind: "no-connection", phase });
      const onTcp = () => {
        phase = "tls";
      };
      const onUsable = () => {
        phase = "usable";
        clearTimeout(timer);
        if (!isSettled) timer = setTimeout(giveUp, settings.answerTimeoutMs, "timeout");
      };
      stream.once("request", (request: ClientRequest) => {
        request.once("socket", (socket: Socket) => {
          // A kept-alive one. Not told by `reusedSocket`, which a request that had to wait for its socket lacks.
          if (!socket.connecting) return onUsable();
          timer = setTimeout(giveUp, connectTimeoutMs, "timeout");
          socket.once("connect", onTcp);
          socket.once(isSecure ? "secureConnect" : "connect", onUsable);
        });
        // A 101 ends HTTP on this connection: node hands it over and says no more.
        request.once("upgrade", ({ statusCode = 101 }: IncomingMessage) => {
          abandon({ kind: "answer", answer: { ...emptyAnswer, status: statusCode } });
        });
      });
      stream.on("error", () => giveUp("connection-lost"));
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
        if (isDestroyed) return { kind: "no-connection", phase: "tcp" };
        const exchange = await attempt(request, deadline - performance.now());
        const pauseMs = connectRetryBaseMs * 2 ** retries * (0.5 + Math.random());
        // Who answers TLS badly does so again.
        const canRetry = exchange.kind === "no-connection" && exchange.phase === "tcp" && retries < maxConnectRetries;
        if (!canRetry || performance.now() + pauseMs >= deadline) return exchange;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    },
    destroy() {
      isDestroyed = true;
      agent.destroy();
    },
  };
}
