import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import got, { type PlainResponse } from "got";
import { endOfTurn } from "../end-of-turn.ts";

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

// got leaves a request that has its timings alone; else it listens to eight of its events to measure what nobody reads.
const noTimings = Object.freeze({ end: 0, phases: Object.freeze({}) });

const maxConnectRetries = 2;
const connectRetryBaseMs = 50;

/**
 * The HTTP client in front of ContactSwing: no retries once bytes may have left, no redirects, no throwing on a
 * status, a cap on the answer's size after decompression. A got error leads to its request, and that to the
 * caller's token, so none leaves this file: only facts do.
 */
export function createTransport(settings: TransportSettings): Transport {
  const { protocol, hostname, port, pathname } = new URL(settings.baseUrl);
  const basePath = pathname.replace(/\/$/, "");
  const isSecure = protocol === "https:";
  const Agent = isSecure ? HttpsAgent : HttpAgent;
  const agent = new Agent({ keepAlive: true, timeout: idleSocketTimeoutMs });
  const target = { host: hostname.replace(/^\[|\]$/g, ""), port, agent };
  const request = isSecure ? httpsRequest : httpRequest;
  const client = got.extend({
    // Nothing is retried: the empty lists are what got copies for every call.
    retry: { limit: 0, methods: [], statusCodes: [], errorCodes: [] },
    followRedirect: false,
    throwHttpErrors: false,
  });

  let isDestroyed = false;

  function attempt({ method, path, headers, body }: UpstreamRequest, connectTimeoutMs: number): Promise<Exchange> {
    return new Promise((resolve) => {
      let status: number | undefined;
      let phase: "tcp" | "tls" | "usable" = "tcp";
      let isSettled = false;
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
      const onSocket = (socket: Socket) => {
        // A kept-alive one. Not told by `reusedSocket`, which a request that had to wait for its socket lacks.
        if (!socket.connecting) return onUsable();
        timer = setTimeout(giveUp, connectTimeoutMs, "timeout");
        socket.once("connect", onTcp);
        socket.once(isSecure ? "secureConnect" : "connect", onUsable);
      };
      // A 101 ends HTTP on this connection: node hands it over and says no more.
      const onUpgrade = ({ statusCode = 101 }: IncomingMessage) =>
        abandon({ kind: "answer", answer: { ...emptyAnswer, status: statusCode } });

      // Node's own request, made here and given to got: got would offer node some forty options, nearly all undefined,
      // and copy the headers five times. So the caller's token is in none of got's options either.
      const makeRequest = () => {
        const message = request({ ...target, method, path: basePath + path, headers: completeHeaders(headers, body) });
        message.once("socket", onSocket);
        message.once("upgrade", onUpgrade);
        return Object.assign(message, { timings: noTimings });
      };

      const stream = client.stream(settings.baseUrl, { method, request: makeRequest });
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
      // Written by us, a body takes got one step; given as its option, a chain of promises.
      if (body !== undefined) stream.end(body);
    });
  }

  return {
    async exchange(request) {
      const deadline = performance.now() + settings.connectTimeoutMs;
      for (let retries = 0; ; retries++) {
        await endOfTurn();
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

// The answers are a few hundred bytes: compressing them costs more than it saves. One that is compressed nevertheless
// is decoded, and counted after that.
function completeHeaders(headers: UpstreamRequest["headers"], body: string | undefined) {
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  return { ...headers, "accept-encoding": "identity", ...length };
}
