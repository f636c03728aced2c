import type { GraphQLError, GraphQLFormattedError } from "graphql";
import { type Consequence, findConsequence, findConsequenceAfterWrite, outcomes } from "../failures/consequence.ts";
import type { Failure, FieldError } from "../failures/failure.ts";
import { type FailureRow, failureTable, type Wording } from "../failures/failure-table.ts";
import { truncate } from "../text/truncate.ts";
import type { FailedField } from "./failed-field.ts";

const maxQuotedFieldErrors = 3;

/** For requests whose operation is not known. */
const unknownField: FailedField = {
  operation: { effect: "read", isRepeatable: true, wording: { subject: "action", done: "read" } },
  hasSucceeded: false,
};

/** The error that a caller sees for a failure. @param error where it was raised, if during execution. */
export function describeFailure(
  failure: Failure,
  field: FailedField | undefined,
  requestId: string,
  error?: GraphQLError,
): GraphQLFormattedError {
  const { code, message }: FailureRow = failureTable[failure.kind];
  const { operation } = field ?? unknownField;
  const { fieldErrors, retryAfterSeconds, upstream } = failure;
  return {
    message: failure.message ?? quoteFieldErrors(word(message, operation.wording), fieldErrors ?? []),
    ...locate(error),
    extensions: {
      code,
      requestId,
      ...describeConsequence(failure, field ?? unknownField),
      ...(fieldErrors === undefined ? {} : { fieldErrors }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...(upstream === undefined ? {} : { upstream }),
    },
  };
}

/** The public form of an error about the document or the request. @param write in the document, if there is one. */
export function describeRejectedDocument(
  error: GraphQLError,
  code: string,
  write: FailedField | undefined,
  requestId: string,
): GraphQLFormattedError {
  const effect = write?.operation.effect ?? "read";
  return {
    message: truncate(error.message),
    ...locate(error),
    extensions: {
      code,
      requestId,
      ...(effect === "read" ? {} : { outcome: outcomes[effect]["not-done"], retryable: false }),
    },
  };
}

function describeConsequence(failure: Failure, { operation, hasSucceeded }: FailedField): Consequence {
  const { effect } = operation;
  return hasSucceeded && effect !== "read"
    ? findConsequenceAfterWrite({ effect })
    : findConsequence(failure, operation);
}

function word(message: FailureRow["message"], wording: Wording): string {
  return typeof message === "string" ? message : message(wording);
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
