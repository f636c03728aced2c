import { type DocumentNode, getOperationAST, Kind, OperationTypeNode } from "graphql";
import type { RestOperation } from "../contactswing/rest-operation.ts";
import type { Operation } from "../operations/operation.ts";
import { listNames } from "./operation-limits.ts";

/** The operation that a failed field belongs to, as far as the meaning of the failure depends on it. */
export interface FailedField {
  readonly operation: Pick<RestOperation<never, unknown>, "effect" | "isRepeatable" | "wording">;
  /** Whether the field's resolver had succeeded. */
  readonly hasSucceeded: boolean;
}

export interface RejectedDocument {
  readonly document?: DocumentNode | undefined;
  readonly operationName?: string | null | undefined;
  readonly source?: string | undefined;
}

export type FindWrite = (rejected: RejectedDocument) => FailedField | undefined;

/** Finds the write in a document that was rejected before it was executed; undefined if it only reads. */
export function createWriteFinder(operations: readonly Operation[]): FindWrite {
  const writes = operations.map(({ rest }) => rest).filter(({ effect }) => effect !== "read");
  const toField = (names: ReadonlySet<string>): FailedField | undefined => {
    const operation = writes.find(({ name }) => names.has(name));
    return operation && { operation, hasSucceeded: false };
  };

  return ({ document, operationName, source = "" }) => {
    if (document === undefined) return toField(listNames(source));
    const selected = getOperationAST(document, operationName);
    if (selected?.operation !== OperationTypeNode.MUTATION) return undefined;
    const names = selected.selectionSet.selections.flatMap((node) =>
      node.kind === Kind.FIELD ? [node.name.value] : [],
    );
    // A field that does not exist, or one in a fragment.
    return toField(new Set(names)) ?? (writes[0] && { operation: writes[0], hasSucceeded: false });
  };
}
