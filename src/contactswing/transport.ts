import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import got, { type PlainResponse } from "got";
import { ByteCollector } from "../byte-collector.ts";
import { endOfTurn } from "../end-of-turn.ts";
import type { Memory } from "../memory-budget.ts";
import { emptyStream } from "./empty-stream.ts";

export interface TransportSettings {
  readonly baseUrl: string;
  /** From the first attempt to an established connection, further attempts included. */
  readonly connectTimeoutMs: number;
  /** From the established connection to the last byte of the response. */
  readonly responseTimeoutMs: number;
  /** The limit on a response's decompressed size; {@link maxResponseBytes} unless given. */
  readonly maxResponseBytes?: number;
}

export interface TransportRequest {
  readonly method: "GET" | "POST";
  /** With query string. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the exchange as `aborted`. */
  readonly signal?: AbortSignal;
  /** A response that there is no memory for counts as oversized. */
  readonly memory: Memory;
}

export interface TransportResponse {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  /** The decoded text; empty if it was over the limit. */
  readonly body: string;
  readonly isOversized: boolean;
}

/**
 * How one exchange with ContactSwing ended. `no-connection` means that no byte of the request was sent, because there
 * was no TCP connection or no TLS session; a `status` means that the head of the response had been received.
 */
export type Exchange =
  | { readonly kind: "response"; readonly response: TransportResponse }
  | { readonly kind: "no-connection"; readonly phase: "tcp" | "tls"; readonly networkErrorCode: string }
  | { readonly kind: "connection-lost"; readonly status?: number; readonly networkErrorCode: string }
  | { readonly kind: "timeout"; readonly status?: number; readonly networkErrorCode: string }
  | { readonly kind: "aborted" };

export interface Transport {
  /** Sends one request at most once. Never rejects. */
  exchange(request: TransportRequest): Promise<Exchange>;
  /** Closes every connection: exchanges in flight end as lost, and further ones find no connection. */
  destroy(): void;
}

export const maxResponseBytes = 1024 * 1024;

// Shorter than the 5 s after which uvicorn closes an idle connection. If a create request met a socket that is just
// being closed, nobody could say whether it was processed.
export const idleSocketTimeoutMs = 4000;

const maxConnectRetries = 2;
const connectRetryBaseMs = 50;

const timedOut = "ETIMEDOUT";
const closedByPeer = "ECONNRESET";

const emptyResponse = { contentType: "", retryAfter: undefined, body: "", isOversized: false };

// got measures a request through eight event listeners unless the request brings its timings along.
const noTimings = Object.freeze({ end: 0, phases: Object.freeze({}) });

/**
 * The HTTP client in front of ContactSwing: no retries once bytes may have been sent, no redirects, no exceptions for
 * a status, and a limit on the response's decompressed size. A got error refers to its request and so to the caller's
 * token: only its code leaves this file.
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
    // The empty lists are there because got copies its defaults for every request.
    retry: { limit: 0, methods: [], statusCodes: [], errorCodes: [] },
    followRedirect: false,
    throwHttpErrors: false,
  });

  let isDestroyed = false;

  function attempt(upstream: TransportRequest, connectTimeoutMs: number): Promise<Exchange> {
    const { method, path, headers, body, signal, memory } = upstream;
    return new Promise((resolve) => {
      let status: number | undefined;
      let phase: "tcp" | "tls" | "established" = "tcp";
      let isSettled = false;
      let timer: NodeJS.Timeout | undefined;

      const settle = (exchange: Exchange) => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        resolve(exchange);
      };
      const abandon = (exchange: Exchange) => {
        settle(exchange);
        stream.destroy();
      };
      const fail = (kind: "connection-lost" | "timeout", networkErrorCode: string) =>
        abandon(
          phase === "established"
            ? { kind, networkErrorCode, ...(status && { status }) }
            : { kind: "no-connection", phase, networkErrorCode },
        );
      const onTimeout = () => fail("timeout", timedOut);
      const onAbort = () => abandon({ kind: "aborted" });
      const onTcpConnection = () => {
        phase = "tls";
      };
      const onEstablished = () => {
        phase = "established";
        clearTimeout(timer);
        if (!isSettled) timer = setTimeout(onTimeout, settings.responseTimeoutMs);
      };
      const onSocket = (socket: Socket) => {
        // A kept-alive one. `reusedSocket` does not tell: a request that had to wait for its socket lacks it.
        if (!socket.connecting) return onEstablished();
        timer = setTimeout(onTimeout, connectTimeoutMs);
        socket.once("connect", onTcpConnection);
        socket.once(isSecure ? "secureConnect" : "connect", onEstablished);
      };
      // After a 101 Node hands the connection over and emits nothing more.
      const onUpgrade = ({ statusCode = 101 }: IncomingMessage) =>
        abandon({ kind: "response", response: { ...emptyResponse, status: statusCode } });

      // Node's own request, created here and passed to got: see "native request" in docs/performance.md. It also keeps
      // the caller's token out of got's options.
      const createRequest = () => {
        const message = request({ ...target, method, path: basePath + path, headers: completeHeaders(headers, body) });
        message.once("socket", onSocket);
        message.once("upgrade", onUpgrade);
        return Object.assign(message, { timings: noTimings });
      };

      const stream = client.stream(settings.baseUrl, { method, request: createRequest });
      stream.on("error", (error: NodeJS.ErrnoException) => fail("connection-lost", readNetworkErrorCode(error)));
      stream.once("response", (response: PlainResponse) => {
        status = response.statusCode;
        const head = {
          status,
          contentType: response.headers["content-type"] ?? "",
          retryAfter: response.headers["retry-after"],
        };
        const collector = new ByteCollector(settings.maxResponseBytes ?? maxResponseBytes, memory);
        stream.on("data", (chunk: Buffer) => {
          if (isSettled || collector.add(chunk) === undefined) return;
          abandon({ kind: "response", response: { ...head, body: "", isOversized: true } });
        });
        stream.once("end", () => {
          const text = collector.bytes().toString();
          settle({ kind: "response", response: { ...head, body: text, isOversized: false } });
          // After the other listeners of this event. A response may end before the request does.
          if (body === undefined || stream.writableFinished) setImmediate(emptyStream, stream);
        });
      });
      signal?.addEventListener("abort", onAbort, { once: true });
      // Written directly, because got turns a body option into a chain of promises.
      if (body !== undefined) stream.end(body);
    });
  }

  return {
    async exchange(upstream) {
      const deadline = performance.now() + settings.connectTimeoutMs;
      for (let retries = 0; ; retries++) {
        await endOfTurn();
        if (upstream.signal?.aborted) return { kind: "aborted" };
        if (isDestroyed) return { kind: "no-connection", phase: "tcp", networkErrorCode: "ECANCELED" };
        const exchange = await attempt(upstream, deadline - performance.now());
        const pauseMs = connectRetryBaseMs * 2 ** retries * (0.5 + Math.random());
        // A failed TLS handshake would fail again.
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

/** The system's code of a got error: its own, or its cause's where got's is only `ERR_GOT_REQUEST_ERROR`. */
function readNetworkErrorCode(error: NodeJS.ErrnoException): string {
  const causes = [error.cause as NodeJS.ErrnoException | undefined, error];
  const code = causes.map((cause) => cause?.code).find((text) => /^[A-Z][A-Z0-9_]{2,63}$/.test(String(text)));
  return code === undefined || code.startsWith("ERR_GOT") ? closedByPeer : code;
}

// Compressing responses of a few hundred bytes costs more than it saves. A response that is compressed nevertheless is
// decompressed, and its size counts after that.
function completeHeaders(headers: TransportRequest["headers"], body: string | undefined) {
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  return { ...headers, "accept-encoding": "identity", ...length };
}
