import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import got from "got";
import { canceled } from "../failures/failure.ts";
import { limits } from "../limits.ts";
import { InFlight } from "../memory/in-flight.ts";
import { endOfTurn } from "../timing/end-of-turn.ts";
import { createAgent } from "./agent.ts";
import { Attempt, type AttemptSettings } from "./attempt.ts";
import type { Exchange, TransportRequest } from "./exchange.ts";

export interface TransportSettings {
  readonly baseUrl: string;
  /** For each address of the host. No attempt begins later than that after the first one. */
  readonly connectTimeoutMs: number;
  /** From the established connection to the last byte of the response. */
  readonly responseTimeoutMs: number;
  /** The limit on a response's decompressed size. */
  readonly maxResponseBytes?: number;
}

export interface Transport {
  /** Sends one request at most once. Never rejects. */
  exchange(request: TransportRequest): Promise<Exchange>;
  /** Closes every connection: exchanges in flight end as lost, and further ones find no connection. */
  destroy(): void;
}

const maxConnectRetries = 2;
const connectRetryBaseMs = 50;

/**
 * The HTTP client in front of ContactSwing: no retries once bytes may have been sent, no redirects, no exceptions for
 * a status, and a limit on the response's decompressed size. A got error refers to its request and so to the caller's
 * token: only its code leaves this folder.
 */
export function createTransport(settings: TransportSettings): Transport {
  const { baseUrl, connectTimeoutMs, responseTimeoutMs, maxResponseBytes = limits.upstream.responseBytes } = settings;
  const { protocol, hostname, port, pathname } = new URL(baseUrl);
  const basePath = pathname.replace(/\/$/, "");
  const isSecure = protocol === "https:";
  const agent = createAgent(isSecure, connectTimeoutMs);
  const target = {
    host: hostname.replace(/^\[|\]$/g, ""),
    port,
    agent,
    maxHeaderSize: limits.upstream.responseHeaderBytes,
  };
  const request = isSecure ? httpsRequest : httpRequest;
  const attemptSettings: AttemptSettings = {
    client: got.extend({
      // The empty lists are there because got copies its defaults for every request.
      retry: { limit: 0, methods: [], statusCodes: [], errorCodes: [] },
      followRedirect: false,
      throwHttpErrors: false,
    }),
    baseUrl,
    connectTimeoutMs,
    responseTimeoutMs,
    maxResponseBytes,
    createRequest: ({ method, path, headers, body }) =>
      request({ ...target, method, path: basePath + path, headers: completeHeaders(headers, body) }),
  };
  const attempts = new InFlight<Attempt>();
  let isDestroyed = false;

  async function attempt(upstream: TransportRequest): Promise<Exchange> {
    const started = new Attempt(attemptSettings, upstream);
    const leave = attempts.add(started);
    const exchange = await started.run();
    leave();
    return exchange;
  }

  return {
    async exchange(upstream) {
      const deadline = performance.now() + connectTimeoutMs;
      for (let retries = 0; ; retries++) {
        await endOfTurn();
        if (upstream.signal.aborted) return { kind: "aborted" };
        if (isDestroyed) return { kind: "no-connection", phase: "tcp", networkErrorCode: canceled };
        const exchange = await attempt(upstream);
        const pauseMs = connectRetryBaseMs * 2 ** retries * (0.5 + Math.random());
        // A failed TLS handshake would fail again.
        const canRetry = exchange.kind === "no-connection" && exchange.phase === "tcp" && retries < maxConnectRetries;
        if (!canRetry || performance.now() + pauseMs >= deadline) return exchange;
        await delay(pauseMs);
      }
    },
    destroy() {
      isDestroyed = true;
      for (const started of attempts.members()) started.fail("connection-lost", canceled);
      agent.destroy();
    },
  };
}

// Compressing responses of a few hundred bytes costs more than it saves. A response that is compressed nevertheless is
// decompressed, and its size counts after that.
function completeHeaders(headers: TransportRequest["headers"], body: string | undefined) {
  const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
  return { ...headers, "accept-encoding": "identity", ...length };
}
