import type { Caller } from "../auth/caller.ts";
import { type CallerConnection, CallerDisconnected } from "../caller-connection.ts";
import { type Failure, RequestFailure, type UpstreamFacts } from "../failures/failure.ts";
import type { Memory } from "../memory-budget.ts";
import type { RequestRecord } from "../telemetry/request-record.ts";
import type { UpstreamTelemetry } from "../telemetry/upstream-telemetry.ts";
import type { Admission } from "./admission.ts";
import type { Availability } from "./circuit-breaker.ts";
import { interpret } from "./classify-failure.ts";
import { type RestOperation, toPath } from "./rest-operation.ts";
import type { Exchange, Transport } from "./transport.ts";

/** The GraphQL request that upstream requests are sent for. */
export interface RequestScope {
  readonly requestId: string;
  /** When the caller disconnects, reads stop; a create request never does. */
  readonly connection: CallerConnection;
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
  readonly telemetry: UpstreamTelemetry;
  /** Host name of the configured ContactSwing: no message may name it. */
  readonly host: string;
  readonly userAgent: string;
}

/** A response of the documented shape. */
export interface UpstreamResult<Result> extends UpstreamFacts {
  readonly result: Result;
}

export interface Client {
  /** Sends a request at most once. @throws RequestFailure for everything but a response of the documented shape. */
  send<Args, Result>(
    operation: RestOperation<Args, Result>,
    args: Args,
    scope: RequestScope,
  ): Promise<UpstreamResult<Result>>;
}

/** The client of ContactSwing's REST API. It knows no operation by name: see `src/operations/`. */
export function createClient({ transport, admission, telemetry, host, userAgent }: ClientDependencies): Client {
  return {
    async send(operation, args, scope) {
      const caller = await scope.authenticate();
      if (scope.tokenRejection !== undefined) throw new RequestFailure(scope.tokenRejection);
      const request = operation.toRequest(args);
      const body = request.body === undefined ? undefined : JSON.stringify(request.body);
      const release = admission.admit(operation.effect, caller.id);
      if (typeof release !== "function") {
        telemetry.shed(release.kind, scope.record);
        throw new RequestFailure(release);
      }

      let exchange: Exchange | undefined;
      using observation = telemetry.start(operation, scope.record);
      try {
        exchange = await transport.exchange({
          method: operation.method,
          path: toPath(operation.path, request),
          headers: {
            authorization: caller.token.authorizationHeader(),
            accept: "application/json",
            "user-agent": userAgent,
            "x-request-id": scope.requestId,
            ...(observation.traceparent === undefined ? {} : { traceparent: observation.traceparent }),
            ...(body === undefined ? {} : { "content-type": "application/json" }),
          },
          ...(body === undefined ? {} : { body }),
          ...(operation.effect === "read"
            ? { signal: scope.connection.signal, memory: scope.memory }
            : { memory: guaranteeMemory(scope.memory) }),
        });
      } finally {
        release(exchange === undefined ? "undetermined" : toAvailability(exchange));
      }
      if (exchange.kind === "aborted") throw new CallerDisconnected();

      const secrets = { token: caller.token.reveal(), host };
      const { result, upstream, failure } = interpret(args, exchange, { operation, secrets, endedAt: Date.now() });
      observation.end({ status: upstream?.status, ctxId: upstream?.ctxId ?? null, ...(failure && { failure }) });
      if (failure === undefined) return { result, ...upstream };
      if (failure.kind === "token-rejected") scope.tokenRejection = failure;
      throw new RequestFailure(failure);
    },
  };
}

const guaranteedCreateBytes = 64 * 1024;

/** A documented response to a create request always has memory: the ID of what was created must not get lost. */
function guaranteeMemory(memory: Memory): Memory {
  let bytesLeft = guaranteedCreateBytes;
  return {
    take(bytes) {
      bytesLeft -= bytes;
      return bytesLeft >= 0 || memory.take(bytes);
    },
  };
}

// Sent by the platform in front of ContactSwing while no instance can take requests. A 500 comes from the application,
// and one caller's input may have caused it.
const unavailableStatuses: ReadonlySet<number> = new Set([502, 503, 504]);

function toAvailability(exchange: Exchange): Availability {
  if (exchange.kind === "aborted") return "undetermined";
  if (exchange.kind !== "response") return "unavailable";
  return unavailableStatuses.has(exchange.response.status) ? "unavailable" : "available";
}
