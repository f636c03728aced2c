import type { Caller } from "../auth/caller.ts";
import { type Failure, RequestFailure } from "../failures/failure.ts";
import { limits } from "../limits.ts";
import { estimateValueBytes } from "../memory/estimates.ts";
import { type Memory, MemoryHold, type MemoryShortage } from "../memory/memory-budget.ts";
import type { RequestRecord } from "../request/request-record.ts";
import type { RequestSignals } from "../request/request-signals.ts";
import type { Admission } from "./admission.ts";
import type { Finding } from "./circuit-breaker.ts";
import {
  type ClassificationContext,
  describeShortage,
  type Interpretation,
  interpret,
  isUnknownPath,
} from "./classify-failure.ts";
import type { Exchange } from "./exchange.ts";
import type { UpstreamObserver } from "./observer.ts";
import { isPathSegment, type RestOperation, type RestRequest, toPath, type UpstreamResult } from "./rest-operation.ts";
import type { Transport } from "./transport.ts";

/** The GraphQL request that upstream requests are sent for. */
export interface RequestScope {
  readonly requestId: string;
  /** When reads stop, and until when writes are sent. */
  readonly signals: RequestSignals;
  readonly record: RequestRecord;
  /** Memory for the duration of the request; a response's memory counts as its request's. */
  readonly memory: Memory;
  /** @throws RequestFailure if there is no caller on whose behalf ContactSwing may be called. */
  readonly authenticate: () => Promise<Caller>;
  /** Set once ContactSwing has rejected the token: nothing more is sent for this request. */
  tokenRejection?: Failure;
}

export interface ClientDependencies {
  readonly transport: Transport;
  readonly admission: Admission;
  readonly observer: UpstreamObserver;
  /** Host name of the configured ContactSwing: no message may name it. */
  readonly host: string;
  readonly userAgent: string;
}

export interface Client {
  /** Sends a request at most once. @throws RequestFailure for everything but a response of the documented shape. */
  send<Args, Result>(
    operation: RestOperation<Args, Result>,
    args: Args,
    scope: RequestScope,
  ): Promise<UpstreamResult<Result>>;
}

const jsonType = "application/json";

/** The client of ContactSwing's REST API. It knows no operation by name: see `src/operations/`. */
export function createClient({ transport, admission, observer, host, userAgent }: ClientDependencies): Client {
  return {
    async send(operation, args, scope) {
      const caller = await scope.authenticate();
      if (scope.tokenRejection !== undefined) throw new RequestFailure(scope.tokenRejection);
      const request = operation.toRequest(args);
      const context = { operation, secrets: { token: caller.token.reveal(), host } };
      if (!canBeSent(request)) return pretendNotFound(args, context);

      const isRead = operation.effect === "read";
      const signal = isRead ? scope.signals.read : scope.signals.write;
      signal.throwIfAborted();
      const body = request.body === undefined ? undefined : JSON.stringify(request.body);
      const release = admission.admit(operation.effect, caller.id);
      if (typeof release !== "function") {
        observer.shed(release.limit);
        throw new RequestFailure(release.failure);
      }

      const held = new MemoryHold(scope.memory);
      let exchange: Exchange | undefined;
      using observation = observer.start(operation, scope.record);
      try {
        exchange = await transport.exchange({
          method: operation.method,
          path: toPath(operation.path, request),
          headers: {
            authorization: caller.token.authorizationHeader(),
            accept: jsonType,
            "user-agent": userAgent,
            "x-request-id": scope.requestId,
            ...observation.traceHeaders,
            ...(body === undefined ? {} : { "content-type": jsonType }),
          },
          ...(body === undefined ? {} : { body }),
          signal,
          mustFinish: !isRead,
          memory: isRead ? held : guaranteeMemory(held),
        });
      } finally {
        release(exchange === undefined ? "undetermined" : toFinding(exchange));
      }
      if (exchange.kind === "aborted") throw signal.reason;

      if (isUnknownPath(exchange)) observer.unknownPath();
      const interpretation = interpret(args, exchange, { ...context, endedAt: Date.now() });
      held.release();
      const { upstream } = interpretation;
      const failure = interpretation.failure ?? findShortage(interpretation, scope.memory, isRead);
      observation.end({ status: upstream?.status, ctxId: upstream?.ctxId ?? null, ...(failure && { failure }) });
      if (failure?.kind === "token-rejected") scope.tokenRejection = failure;
      return toResult(failure === undefined ? interpretation : { failure, upstream });
    },
  };
}

function toResult<Result>({ result, upstream, failure }: Interpretation<Result>): UpstreamResult<Result> {
  if (failure !== undefined) throw new RequestFailure(failure);
  return { result, ...upstream };
}

/** Whether every parameter can be part of the path. */
function canBeSent({ pathParameters = {} }: RestRequest): boolean {
  return Object.values(pathParameters).every(isPathSegment);
}

/** Treats what cannot be part of a path as not found, without a request. */
function pretendNotFound<Args, Result>(
  args: Args,
  context: Omit<ClassificationContext, "endedAt"> & { readonly operation: RestOperation<Args, Result> },
): UpstreamResult<Result> {
  const response = { status: 404, contentType: jsonType, retryAfter: undefined, body: '{"detail":"not found"}' };
  const interpretation = interpret(args, { kind: "response", response }, { ...context, endedAt: Date.now() });
  if (interpretation.failure !== undefined) throw new RequestFailure({ kind: interpretation.failure.kind });
  return toResult(interpretation);
}

/** The result replaces the response in memory until the end of the request. */
function findShortage({ result }: Interpretation<unknown>, memory: Memory, isRead: boolean): Failure | undefined {
  const shortage = isRead ? memory.take(estimateValueBytes(result)) : undefined;
  return shortage && describeShortage(shortage);
}

/** Reserves memory for a write's response, so that the ID of what was created is not lost. */
function guaranteeMemory(memory: Memory): Memory {
  let bytesLeft = limits.upstream.guaranteedWriteBytes;
  return {
    take(bytes): MemoryShortage | undefined {
      bytesLeft -= bytes;
      return bytesLeft >= 0 ? undefined : memory.take(bytes);
    },
    giveBack: (bytes) => memory.giveBack(bytes),
  };
}

// Sent by the platform in front of ContactSwing while no instance can take requests. A 500 comes from the application,
// and one caller's input may have caused it.
const unavailableStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

function toFinding(exchange: Exchange): Finding {
  if (exchange.kind === "aborted") return "undetermined";
  if (exchange.kind === "no-connection") return "unreachable";
  if (exchange.kind !== "response") return "unresponsive";
  return unavailableStatuses.has(exchange.response.status) ? "unresponsive" : "available";
}
