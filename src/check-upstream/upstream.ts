import { randomUUID } from "node:crypto";
import { replaceToken } from "../auth/replace-token.ts";
import { type Interpretation, interpret, toPath } from "../contactswing/client.ts";
import { parseJson } from "../contactswing/json.ts";
import { isHtml, toPlainText } from "../contactswing/plain-text.ts";
import { isSuccess, type RestOperation } from "../contactswing/rest-operation.ts";
import { createTransport, type Exchange } from "../contactswing/transport.ts";
import { version } from "../version.ts";
import type { Finding } from "./check.ts";
import { notChecked } from "./check.ts";
import { type IdleProbe, probeIdleConnection } from "./connection.ts";

export interface UpstreamSettings {
  readonly baseUrl: string;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
  /** How long an idle connection has to stay open. */
  readonly minIdleMs: number;
  /** Undefined if only what needs no token is checked. */
  readonly token: string | undefined;
}

/** A finished read: what came back, and what the service makes of it. */
export type Read<Result> = Interpretation<Result> & {
  readonly exchange: Exchange;
  /** Undefined if there was no response. */
  readonly status: number | undefined;
  /** The parsed JSON; undefined if there is none. */
  readonly body: unknown;
  /** Status and beginning of the body, safe to print. */
  readonly summary: string;
  readonly requestId: string;
};

/** Reads ContactSwing through the service's own transport. Equal requests are sent once; nothing but GET is sent. */
export interface Upstream {
  readonly settings: UpstreamSettings;
  read<Args, Result>(
    operation: RestOperation<Args, Result>,
    args: Args,
    credentials: string | undefined,
  ): Promise<Read<Result>>;
  /** The OpenAPI document, as an exchange. */
  readDocument(): Promise<Exchange>;
  probeIdleConnection(): Promise<IdleProbe>;
  close(): void;
}

// The document describes the whole API.
const maxDocumentBytes = 32 * 1024 * 1024;
const summaryCharacters = 160;

export function createUpstream(settings: UpstreamSettings): Upstream {
  const { baseUrl, connectTimeoutMs, responseTimeoutMs } = settings;
  const transport = createTransport({ baseUrl, connectTimeoutMs, responseTimeoutMs });
  const documents = createTransport({
    baseUrl,
    connectTimeoutMs,
    responseTimeoutMs,
    maxResponseBytes: maxDocumentBytes,
  });
  const host = new URL(baseUrl).hostname;
  const sent = new Map<string, Promise<Read<unknown>>>();
  let document: Promise<Exchange> | undefined;
  let idleProbe: Promise<IdleProbe> | undefined;

  const headersOf = (requestId: string, token: string | undefined) => ({
    accept: "application/json",
    "user-agent": `contactswing-bff/${version} check-upstream`,
    "x-request-id": requestId,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  });
  const get = (from: typeof transport, path: string, headers: Record<string, string>) =>
    from.exchange({ method: "GET", path, headers, memory: { take: () => true } });

  async function send<Args, Result>(
    operation: RestOperation<Args, Result>,
    args: Args,
    token: string | undefined,
  ): Promise<Read<Result>> {
    if (operation.effect !== "read" || operation.method !== "GET") throw new Error("a check only reads");
    const requestId = randomUUID();
    const exchange = await get(
      transport,
      toPath(operation.path, operation.toRequest(args)),
      headersOf(requestId, token),
    );
    if (exchange.kind === "aborted") throw new Error("nothing aborts a check");
    const secrets = { token: token ?? randomUUID(), host };
    const interpretation = interpret(args, exchange, { operation, secrets, endedAt: Date.now() });
    const status = exchange.kind === "response" ? exchange.response.status : undefined;
    const body = exchange.kind === "response" ? parseJson(exchange.response.body) : undefined;
    return { ...interpretation, exchange, status, body, summary: summarize(exchange, secrets), requestId };
  }

  return {
    settings,
    read<Args, Result>(operation: RestOperation<Args, Result>, args: Args, token: string | undefined) {
      const key = JSON.stringify([operation.name, args, token]);
      const known = sent.get(key) ?? send(operation, args, token);
      sent.set(key, known);
      return known as Promise<Read<Result>>;
    },
    readDocument() {
      document ??= get(documents, "/openapi.json", headersOf(randomUUID(), undefined));
      return document;
    },
    probeIdleConnection() {
      idleProbe ??= probeIdleConnection(settings);
      return idleProbe;
    },
    close() {
      transport.destroy();
      documents.destroy();
    },
  };
}

/** What happened, in one line without secrets. */
export function summarize(exchange: Exchange, secrets: { readonly token: string; readonly host: string }): string {
  if (exchange.kind === "aborted") return "aborted";
  if (exchange.kind !== "response") return `${exchange.kind} (${exchange.networkErrorCode})`;
  const { status, body, contentType, isOversized } = exchange.response;
  if (isOversized) return `${status}, a body over the limit`;
  if (isHtml(contentType, body)) return `${status}, an HTML page`;
  const text = toPlainText(replaceToken(body, secrets.token), secrets) ?? "";
  return text === "" ? `${status}, no text` : `${status} ${Array.from(text).slice(0, summaryCharacters).join("")}`;
}

// The platform's own responses and those to too many requests say nothing about the API.
const passingStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Why a read says nothing about the API: there was no response, or one that will pass. */
export function findObstacle({ status, summary }: Read<unknown>): Finding | undefined {
  return status === undefined || passingStatuses.has(status) ? notChecked(summary) : undefined;
}

export function hasSucceeded({ status }: Read<unknown>): boolean {
  return status !== undefined && isSuccess(status);
}
