import pLimit, { type LimitFunction } from "p-limit";
import type { Client, RequestScope, UpstreamResult } from "./client.ts";
import type { RestOperation } from "./rest-operation.ts";

/** ContactSwing on behalf of one caller, for the duration of one GraphQL request. */
export interface RequestSession {
  /** Sends a request; a read only once, however often it is asked for with the same arguments. @throws RequestFailure */
  send<Args, Result>(operation: RestOperation<Args, Result>, args: Args): Promise<UpstreamResult<Result>>;
}

/** A gateway may ask for a thousand entities in one request: this many reads of one request are in flight at most. */
const maxReadsInFlight = 32;

/** @param maxReadsPerCaller the caller's share, which a single request must not exceed by itself. */
export function createRequestSession(client: Client, scope: RequestScope, maxReadsPerCaller: number): RequestSession {
  const reads = new Map<string, Promise<unknown>>();
  let limit: LimitFunction | undefined;

  return {
    send<Args, Result>(operation: RestOperation<Args, Result>, args: Args): Promise<UpstreamResult<Result>> {
      if (operation.effect !== "read") return client.send(operation, args, scope);
      limit ??= pLimit(Math.min(maxReadsInFlight, maxReadsPerCaller));
      const key = operation.name + JSON.stringify(args);
      const read = reads.get(key) ?? limit(() => client.send(operation, args, scope));
      reads.set(key, read);
      return read as Promise<UpstreamResult<Result>>;
    },
  };
}
