import type { BearerToken } from "../auth/bearer-token.ts";
import { CallFailure } from "../failures/failure.ts";
import type { CallOperation, CallWatcher, HoldReason } from "./call-watcher.ts";
import type { CircuitBreaker, Permit } from "./circuit-breaker.ts";
import { classifyFailure, readCtxId, statusOf } from "./classify-failure.ts";
import { isRecord, parseJson } from "./json.ts";
import { type ActionDetails, type CreatedAction, parseActionDetails, parseCreatedAction } from "./parse-answer.ts";
import { isMarkup } from "./plain-text.ts";
import { actionsPath, type RestActionInput } from "./rest-api.ts";
import type { Answer, Exchange, Transport, UpstreamRequest } from "./transport.ts";

/** On whose behalf, and under which id, ContactSwing is called. */
export interface Caller {
  readonly token: BearerToken;
  readonly requestId: string;
  readonly traceparent: string | undefined;
  /** JSON text of the token's `[issuer, subject]`, when this service has verified it. */
  readonly verifiedSubject?: string;
}

export interface ContactSwing {
  /** `POST /v2/_actions`, sent at most once. @throws CallFailure for everything but a good answer. */
  createAction(input: RestActionInput, caller: Caller): Promise<CreatedAction & { readonly ctxId: string | null }>;
  /** `GET /v2/_actions/{id}`; null when there is no data extraction action of that id. @throws CallFailure */
  readAction(id: string, caller: Caller): Promise<ActionDetails | null>;
}

export interface ContactSwingDependencies {
  readonly transport: Transport;
  readonly breaker: CircuitBreaker;
  readonly maxInFlight: number;
  /** Host name of the configured origin: no message may name it. */
  readonly host: string;
  readonly userAgent: string;
  readonly watcher: CallWatcher;
}

type HeadlessRequest = Omit<UpstreamRequest, "headers">;

const overloadedRetryAfterSeconds = 1;

/** An id is one path segment: an empty one or dots would be normalized away, a lone surrogate has no UTF-8. */
function isUsableId(id: string): boolean {
  return !/^\.*$/.test(id) && id.isWellFormed();
}

/** The typed client of ContactSwing's REST API. */
export function createContactSwing(dependencies: ContactSwingDependencies): ContactSwing {
  const { transport, breaker, maxInFlight, watcher } = dependencies;
  let inFlight = 0;

  function holdBack(kind: HoldReason, retryAfterSeconds: number): never {
    watcher.holdBack(kind);
    throw new CallFailure({ kind, retryAfterSeconds });
  }

  function admit(): Permit {
    if (inFlight >= maxInFlight) return holdBack("overloaded", overloadedRetryAfterSeconds);
    const permit = breaker.admit();
    return "retryAfterSeconds" in permit ? holdBack("circuit-open", permit.retryAfterSeconds) : permit;
  }

  async function send(operation: CallOperation, request: HeadlessRequest, caller: Caller) {
    const permit = admit();
    inFlight += 1;
    let exchange: Exchange | undefined;
    try {
      const watched = watcher.start(operation, caller);
      const headers = headersOf(caller, request.body, watched.traceparent ?? caller.traceparent);
      exchange = await transport.exchange({ ...request, headers });
      return { exchange, watched };
    } finally {
      inFlight -= 1;
      permit.report(exchange?.kind === "no-connection" || exchange?.kind === "timeout");
    }
  }

  /** Sends a request and reads its good answer with `parse`, which returns undefined for one that is not. */
  async function call<Result>(
    operation: CallOperation,
    request: HeadlessRequest,
    caller: Caller,
    parse: (body: unknown, answer: Answer, ctxId: string | null) => Result | undefined,
  ): Promise<Result> {
    const startedAt = performance.now();
    const { exchange, watched } = await send(operation, request, caller);
    const secrets = { token: caller.token.reveal(), host: dependencies.host };
    const answer = exchange.kind === "answer" ? exchange.answer : undefined;
    const body = answer && parseJson(answer.body);
    const ctxId = readCtxId(body, secrets);
    const status = statusOf(exchange);
    const result = answer === undefined || body === undefined ? undefined : parse(body, answer, ctxId);
    const circumstances = { isCreate: operation === "create", secrets, endedAt: Date.now() };
    const failure = result === undefined ? classifyFailure(exchange, circumstances) : undefined;
    watched.end({ operation, durationMs: performance.now() - startedAt, status, ctxId, failure });
    if (result === undefined) throw new CallFailure(failure ?? { kind: "bug" });
    return result;
  }

  const headersOf = ({ token, requestId }: Caller, body: string | undefined, traceparent: string | undefined) => ({
    authorization: token.authorizationHeader(),
    accept: "application/json",
    "user-agent": dependencies.userAgent,
    "x-request-id": requestId,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  });

  return {
    createAction(input, caller) {
      const request = { method: "POST", path: actionsPath, body: JSON.stringify(input) } as const;
      return call("create", request, caller, (body, { status }, ctxId) => {
        const created = isSuccess(status) ? parseCreatedAction(body) : undefined;
        return created && { ...created, ctxId };
      });
    },
    async readAction(id, caller) {
      if (!isUsableId(id)) return null;
      const path = `${actionsPath}/${encodeURIComponent(id)}`;
      return call("read", { method: "GET", path }, caller, (body, answer) => {
        if (isSuccess(answer.status)) return parseActionDetails(body);
        // The platform's own 404 says that ContactSwing is not there, not that the action is not.
        const isAboutAction = answer.status === 404 && isRecord(body) && !isMarkup(answer.contentType, answer.body);
        return isAboutAction ? null : undefined;
      });
    },
  };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
