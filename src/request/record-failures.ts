import type { GraphQLFormattedError } from "graphql";
import type { Failure } from "../failures/failure.ts";
import { findWorstCode } from "../failures/service-faults.ts";
import type { RecordedFailure, RequestRecord } from "./request-record.ts";

/** An error of a response, and the failure that it describes, if it is not about the document or the HTTP request. */
export interface DescribedError {
  readonly error: GraphQLFormattedError;
  readonly failure?: Failure;
  /** Whether it only says that the caller has disconnected: nothing has failed. */
  readonly isUndeliverable?: boolean;
}

/** Records the errors of a response: their codes, and the facts of the one that says most. */
export function recordFailures(record: RequestRecord, described: readonly DescribedError[]): void {
  const failed = described.filter(({ isUndeliverable }) => isUndeliverable !== true);
  const codes = [...new Set(failed.map(readCode))];
  if (codes.length === 0) return;
  record.errorCodes = codes;
  const worst = findWorstCode(codes);
  const found = failed.find((candidate) => readCode(candidate) === worst);
  if (found !== undefined) record.failure = toRecordedFailure(found);
}

function readCode({ error }: DescribedError): string {
  return String(error.extensions?.code);
}

function toRecordedFailure({ error: { extensions = {} }, failure }: DescribedError): RecordedFailure {
  const { outcome, retryable } = extensions as { readonly outcome?: string; readonly retryable?: boolean };
  const { kind, reason, upstream, networkErrorCode, fieldErrors } = failure ?? {};
  return {
    ...(kind && { kind }),
    ...(outcome && { outcome }),
    ...(retryable !== undefined && { retryable }),
    ...(fieldErrors && { fields: fieldErrors.map(({ path, rule }) => `${path.join(".")} ${rule}`) }),
    ...(reason && { reason }),
    ...(upstream && { upstream }),
    ...(networkErrorCode && { networkErrorCode }),
  };
}
