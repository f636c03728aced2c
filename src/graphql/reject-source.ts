import type { DescribedError } from "../request/record-failures.ts";
import type { FindWrite } from "./failed-field.ts";
import { hasTooManyLines, OperationLimitError } from "./operation-limits.ts";
import { describeRejectedDocument } from "./public-error.ts";

/** The error for a document that must not be parsed; undefined for any other. */
export type RejectSource = (source: unknown, requestId: string) => DescribedError | undefined;

export function createSourceCheck(findWrite: FindWrite): RejectSource {
  return (source, requestId) => {
    if (typeof source !== "string" || !hasTooManyLines(source)) return undefined;
    const error = new OperationLimitError("lines");
    return { error: describeRejectedDocument(error, OperationLimitError.code, findWrite({ source }), requestId) };
  };
}
