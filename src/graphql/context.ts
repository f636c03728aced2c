import type { ActionReader } from "../actions/action-reader.ts";
import type { Caller } from "../contactswing/client.ts";
import type { OperationRecord } from "../telemetry/operation-record.ts";

/**
 * What a GraphQL operation knows of its request. Apollo Server clones it field by field: it must stay a plain
 * object, and what is shared must be behind a reference.
 */
export interface RequestContext {
  readonly requestId: string;
  /** The caller on whose behalf ContactSwing may be called. @throws CallFailure when there is none. */
  readonly authenticate: () => Promise<Caller>;
  /** Reads actions for this request, each at most once. */
  readonly actions: ActionReader;
  readonly record: OperationRecord;
}
