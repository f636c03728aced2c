import { context } from "@opentelemetry/api";
import pLimit, { type LimitFunction } from "p-limit";
import type { Client, RequestScope } from "../contactswing/client.ts";
import { isSuccess, type RestOperation, type SendRead, type UpstreamResult } from "../contactswing/rest-operation.ts";
import { RequestFailure } from "../failures/failure.ts";
import { canonicalize } from "../idempotency/claim.ts";
import type { GuardedWrite, IdempotencyGuard, IdempotencyResult } from "../idempotency/idempotency-guard.ts";
import { limits } from "../limits.ts";

/** The response to an operation, or to an earlier request with the same idempotency key. */
export interface OperationResponse<Result> extends UpstreamResult<Result> {
  readonly isReplayed: boolean;
}

/** ContactSwing on behalf of one caller, for the duration of one GraphQL request. */
export interface RequestSession {
  /**
   * Sends a request. Reads with the same arguments share one request, until the next write; writes with the same
   * idempotency key are done once.
   * @throws RequestFailure
   */
  send<Args, Result>(operation: RestOperation<Args, Result>, args: Args): Promise<OperationResponse<Result>>;
}

export interface RequestSessionDependencies {
  readonly client: Client;
  readonly idempotency: IdempotencyGuard;
  readonly scope: RequestScope;
  /** The caller's share, which a single request must not exceed by itself. */
  readonly maxReadsPerCaller: number;
  /** Is told how a write with an idempotency key was handled. */
  readonly onIdempotencyResult: (result: IdempotencyResult) => void;
}

export function createRequestSession(dependencies: RequestSessionDependencies): RequestSession {
  const { client, idempotency, scope, maxReadsPerCaller, onIdempotencyResult } = dependencies;
  const reads = new Map<string, Promise<unknown>>();
  let limit: LimitFunction | undefined;

  const read: SendRead = <Args, Result>(operation: RestOperation<Args, Result>, args: Args) => {
    limit ??= pLimit(Math.min(limits.upstream.readsPerRequest, maxReadsPerCaller));
    const key = operation.name + JSON.stringify(args);
    const sent = reads.get(key) ?? limit(() => client.send(operation, args, scope));
    reads.set(key, sent);
    return sent as Promise<UpstreamResult<Result>>;
  };

  async function write<Args, Result>(
    operation: RestOperation<Args, Result>,
    args: Args,
  ): Promise<OperationResponse<Result>> {
    const identity = operation.arguments.identify(args);
    const run = async () => {
      try {
        return await client.send(operation, args, scope);
      } finally {
        // What was read before may have changed.
        reads.clear();
      }
    };
    if (identity === undefined) return { ...(await run()), isReplayed: false };
    const { idempotencyKey, input, defaults } = identity;
    const guarded: GuardedWrite<UpstreamResult<Result>> = {
      caller: await scope.authenticate(),
      operation: operation.name,
      idempotencyKey,
      input: canonicalize(input, defaults, operation.effect === "update"),
      deadline: scope.signals.deadline,
      run,
      readBack: async ({ result }) => isSuccess((await operation.readBack?.(result, read))?.status ?? 0),
      onResult: onIdempotencyResult,
    };
    // For the spans of the store's commands.
    const { response, isReplayed } = await context.with(scope.record.traceContext, () => idempotency.once(guarded));
    return { ...response, isReplayed };
  }

  return {
    async send(operation, args) {
      const fieldErrors = operation.arguments.findProblems(args);
      if (fieldErrors.length > 0) throw new RequestFailure({ kind: "input-invalid", fieldErrors });
      if (operation.effect !== "read") return write(operation, args);
      return { ...(await read(operation, args)), isReplayed: false };
    },
  };
}
