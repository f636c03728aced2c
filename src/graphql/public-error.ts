import type { GraphQLError, GraphQLFormattedError } from "graphql";
import { toFieldError, toGraphWords } from "../actions/translate-failure.ts";
import { shorten } from "../contactswing/plain-text.ts";
import type { Failure, FieldError } from "../failures/failure.ts";
import { type FailureRow, failureTable } from "../failures/failure-table.ts";
import { describeDocumentError } from "./document-error.ts";

/** Where an error occurred, as far as its public form depends on it. */
export interface Situation {
  readonly requestId: string;
  readonly isMutation: boolean;
}

const maxQuotedFieldErrors = 3;

/** The error that a caller sees for a failure: code, outcome and the rest from the failure table, words in the graph's language. */
export function describeFailure(failure: Failure, situation: Situation, error?: GraphQLError): GraphQLFormattedError {
  const row: FailureRow = failureTable[failure.kind];
  // Below the mutation's own field the payload stands: the action was created, and only its details failed.
  const isAfterCreate = (error?.path?.length ?? 0) > 1;
  const argument = situation.isMutation && !isAfterCreate ? "input" : "id";
  const fieldErrors = failure.fieldErrors ?? failure.restProblems?.map((problem) => toFieldError(problem, argument));
  const answer = !situation.isMutation
    ? { retryable: row.retryableRead }
    : isAfterCreate
      ? { outcome: "CREATED", retryable: false }
      : { outcome: row.outcome, retryable: row.retryable };
  return {
    message: failure.text === undefined ? withFieldErrors(row.message, fieldErrors ?? []) : toGraphWords(failure.text),
    ...placeOf(error),
    extensions: {
      code: row.code,
      requestId: situation.requestId,
      ...answer,
      ...(fieldErrors === undefined ? {} : { fieldErrors }),
      ...(failure.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: failure.retryAfterSeconds }),
      ...(failure.upstream === undefined ? {} : { upstream: failure.upstream }),
    },
  };
}

/** The public form of an error about the document or the request: nothing was executed, so nothing was created. */
export function describeProtocolError(error: GraphQLError, code: string, situation: Situation): GraphQLFormattedError {
  return {
    message: describeDocumentError(error),
    ...placeOf(error),
    extensions: {
      code,
      requestId: situation.requestId,
      ...(situation.isMutation ? { outcome: "NOT_CREATED", retryable: false } : {}),
    },
  };
}

function withFieldErrors(message: string, fieldErrors: readonly FieldError[]): string {
  const quoted = fieldErrors.slice(0, maxQuotedFieldErrors).map(({ path, message }) => `${path.join(".")}: ${message}`);
  const left = fieldErrors.length - quoted.length;
  return shorten([message, ...quoted, ...(left > 0 ? [`And ${left} more.`] : [])].join(" "));
}

function placeOf(error: GraphQLError | undefined): Pick<GraphQLFormattedError, "locations" | "path"> {
  return {
    ...(error?.locations === undefined ? {} : { locations: error.locations }),
    ...(error?.path === undefined ? {} : { path: error.path }),
  };
}
