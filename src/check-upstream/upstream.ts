import { randomUUID } from "node:crypto";
import { replaceToken } from "../auth/replace-token.ts";
import { type Interpretation, interpret } from "../contactswing/classify-failure.ts";
import type { Exchange } from "../contactswing/exchange.ts";
import { isHtml, type Secrets, toPlainText } from "../contactswing/plain-text.ts";
import { type RestOperation, toPath } from "../contactswing/rest-operation.ts";
import { createTransport, type Transport, type TransportSettings } from "../contactswing/transport.ts";
import type { Memory } from "../memory/memory-budget.ts";
import { version } from "../process/version.ts";
import { parseJson } from "../text/json.ts";
import { NotChecked } from "./check.ts";

/** A response, and what the service makes of it. */
export type Read<Result> = Interpretation<Result> & {
  readonly ctxId: string | null;
  readonly status: number;
  /** The parsed JSON; undefined if there is none. */
  readonly body: unknown;
  /** Status and beginning of the body, safe to print. */
  readonly summary: string;
  readonly requestId: string;
};

export type Upstream = ReturnType<typeof createUpstream>;

// The document describes the whole API.
const maxDocumentBytes = 32 * 1024 * 1024;
const summaryCharacters = 160;
// The platform's own responses and those to too many requests.
const passingStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const unlimited: Memory = { take: () => undefined, giveBack: () => {} };

/**
 * Reads ContactSwing through the service's own transport and parsers: nothing but GET, and each request only once.
 * @param ownToken the token that is checked; undefined if only what needs none is.
 */
export function createUpstream(settings: TransportSettings, ownToken: string | undefined) {
  const transport = createTransport(settings);
  const documents = createTransport({ ...settings, maxResponseBytes: maxDocumentBytes });
  const secretsOf = (token: string = randomUUID()) => ({ token, host: new URL(settings.baseUrl).hostname });
  const results = new Map<string, Promise<unknown>>();

  function once<Result>(key: string, start: () => Promise<Result>): Promise<Result> {
    const result = results.get(key) ?? start();
    results.set(key, result);
    return result as Promise<Result>;
  }

  function get(from: Transport, path: string, requestId: string, token?: string): Promise<Exchange> {
    const headers = {
      accept: "application/json",
      "user-agent": `contactswing-bff/${version} check-upstream`,
      "x-request-id": requestId,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    return from.exchange({
      method: "GET",
      path,
      headers,
      signal: new AbortController().signal,
      mustFinish: true,
      memory: unlimited,
    });
  }

  async function send<Args, Result>(
    operation: RestOperation<Args, Result>,
    args: Args,
    token: string,
  ): Promise<Read<Result>> {
    if (operation.method !== "GET") throw new Error("a check only reads");
    const requestId = randomUUID();
    const exchange = await get(transport, toPath(operation.path, operation.toRequest(args)), requestId, token);
    const secrets = secretsOf(token);
    const summary = summarize(exchange, secrets);
    if (exchange.kind !== "response" || passingStatuses.has(exchange.response.status)) throw new NotChecked(summary);
    const interpretation = interpret(args, exchange, { operation, secrets, endedAt: Date.now() });
    const { status, body } = exchange.response;
    const ctxId = interpretation.upstream?.ctxId ?? null;
    return { ...interpretation, ctxId, status, body: parseJson(body), summary, requestId };
  }

  return {
    /**
     * Reads with the given token, or with the one that is checked.
     * @throws NotChecked if there is no token, no response, or one that says nothing about the API.
     */
    async read<Args, Result>(operation: RestOperation<Args, Result>, args: Args, token = ownToken) {
      if (token === undefined) throw new NotChecked("no token was given");
      return once(JSON.stringify([operation.name, args, token]), () => send(operation, args, token));
    },
    /** The OpenAPI document as JSON. @throws NotChecked if there is none. */
    readDocument: () =>
      once("document", async () => {
        const exchange = await get(documents, "/openapi.json", randomUUID());
        if (exchange.kind === "response" && exchange.response.status === 200) return parseJson(exchange.response.body);
        throw new NotChecked(`no document: ${summarize(exchange, secretsOf(ownToken))}`);
      }),
    close() {
      transport.destroy();
      documents.destroy();
    },
  };
}

/** What happened, in one line without secrets. */
function summarize(exchange: Exchange, secrets: Secrets): string {
  if (exchange.kind === "aborted") return "aborted";
  if (exchange.kind !== "response") return `${exchange.kind} (${exchange.networkErrorCode})`;
  const { status, body, shortage } = exchange.response;
  if (shortage !== undefined) return `${status}, a body over the limit`;
  if (isHtml(exchange.response)) return `${status}, an HTML page`;
  const text = toPlainText(replaceToken(body, secrets.token), secrets);
  return text === undefined
    ? `${status}, no text`
    : `${status} ${Array.from(text).slice(0, summaryCharacters).join("")}`;
}
