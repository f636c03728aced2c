import type { GraphQLError, GraphQLFormattedError } from "graphql";
import { truncate } from "../contactswing/plain-text.ts";
import type { Failure, FieldError } from "../failures/failure.ts";
import { type FailureRow, failureTable, type Outcome } from "../failures/failure-table.ts";
import { describeProtocolError } from "./protocol-errors.ts";

/**
 * What the failed operation does, on which `outcome` and `retryable` depend. An error below a mutation's own field leaves
 * the payload intact: the action was created, and only its details failed.
 */
export type FailedEffect = "create" | "read" | "read-after-create";

const maxQuotedFieldErrors = 3;

/** The error that a caller sees for a failure. */
export function describeFailure(
  failure: Failure,
  effect: FailedEffect,
  requestId: string,
  error?: GraphQLError,
): GraphQLFormattedError {
  const row: FailureRow = failureTable[failure.kind];
  const { fieldErrors, retryAfterSeconds, upstream } = failure;
  return {
    message: failure.message ?? quoteFieldErrors(row.message, fieldErrors ?? []),
    ...locate(error),
    extensions: {
      code: row.code,
      requestId,
      ...describeConsequence(row, effect),
      ...(fieldErrors === undefined ? {} : { fieldErrors }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(upstream === undefined ? {} : { upstream }),
    },
  };
}

/** The public form of an error about the document or the request: nothing was executed, so nothing was created. */
export function describeRejectedDocument(
  error: GraphQLError,
  code: string,
  isMutation: boolean,
  requestId: string,
): GraphQLFormattedError {
  return {
    message: describeProtocolError(error),
    ...locate(error),
    extensions: { code, requestId, ...(isMutation ? { outcome: "NOT_CREATED", retryable: false } : {}) },
  };
}

function describeConsequence(
  row: FailureRow,
  effect: FailedEffect,
): { readonly outcome?: Outcome; readonly retryable: boolean } {
  if (effect === "read") return { retryable: row.retryableRead };
  if (effect === "read-after-create") return { outcome: "CREATED", retryable: false };
  return { outcome: row.outcome, retryable: row.retryable };
}

function quoteFieldErrors(message: string, fieldErrors: readonly FieldError[]): string {
  if (fieldErrors.length === 0) return message;
  const quoted = fieldErrors
    .slice(0, maxQuotedFieldErrors)
    .map((error) => `${error.path.join(".")}: ${error.message.replace(/\.$/, "")}`);
  const rest = fieldErrors.length - quoted.length;
  return truncate(`${message} ${[...quoted, ...(rest > 0 ? [`and ${rest} more`] : [])].join("; ")}.`);
}

function locate(error: GraphQLError | undefined): Pick<GraphQLFormattedError, "locations" | "path"> {
  return {
    ...(error?.locations === undefined ? {} : { locations: error.locations }),
    ...(error?.path === undefined ? {} : { path: error.path }),
  };
}
