import { defineRestOperation, isSuccess, UnexpectedResponse } from "../../contactswing/rest-operation.ts";
import { isAboutHeader, readValidationProblems } from "../../contactswing/validation-problems.ts";
import { ownArguments } from "../../fields/arguments.ts";
import { isRecord } from "../../text/json.ts";
import type { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";
import { parseAction } from "../data-extraction-action/operation.ts";

/** A row of ContactSwing's list; null stands for an action of another kind. */
export type Row = DataExtractionAction | null;

/** The page sizes that are requested: the largest that is documented, and the default where that one does not work. */
export type PageSize = 100 | 10;

export interface PageRequest {
  readonly pageSize: PageSize;
  /** Starting at 1. */
  readonly page: number;
}

export interface Page {
  readonly rows: readonly Row[];
  /** The page size that ContactSwing applied, which may be smaller than the requested one. */
  readonly pageSize: number;
  readonly hasNext: boolean;
}

/**
 * "Get Actions", all kinds of actions in one list. The result is `too-large` if ContactSwing rejects a page of 100 rows,
 * or if it is over the size limit.
 */
export const listActions = defineRestOperation<PageRequest, Page | "too-large">({
  name: "dataExtractionActions",
  effect: "read",
  subject: "list of actions",
  method: "GET",
  path: "/v2/_actions",
  arguments: ownArguments(({ page, pageSize }) => ({ query: { page: String(page), per_page: String(pageSize) } }), {
    page: 1,
    pageSize: 100,
  }),
  parseResponse({ status, body, isOversized }, request) {
    if (request.pageSize === 100 && (status === 422 || (isSuccess(status) && isOversized))) {
      return isAboutHeader(readValidationProblems(body)) ? undefined : "too-large";
    }
    return isSuccess(status) ? parsePage(body, request) : undefined;
  },
});

// Cursors have no room for sizes without a limit; this is more rows than a response can hold.
const maxPageSize = 1_000_000;

function parsePage(body: unknown, { page }: PageRequest): Page {
  const list = isRecord(body) && isRecord(body.data) ? body.data : {};
  const { data, pagination } = list;
  if (!Array.isArray(data)) throw new UnexpectedResponse("data.data", "array");
  if (!isRecord(pagination)) throw new UnexpectedResponse("data.pagination", "object");
  const { current_page, per_page, has_next } = pagination;
  // A list that always returned its first page would otherwise end early, or never.
  if (current_page !== page) throw new UnexpectedResponse("data.pagination.current_page", String(page));
  if (!isPageSize(per_page)) throw new UnexpectedResponse("data.pagination.per_page", "positive integer");
  if (typeof has_next !== "boolean") throw new UnexpectedResponse("data.pagination.has_next", "boolean");
  if (data.length > per_page) throw new UnexpectedResponse("data.data", `at most ${per_page} rows`);
  return { rows: data.map(parseRow), pageSize: per_page, hasNext: has_next };
}

function isPageSize(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= maxPageSize;
}

function parseRow(row: unknown, index: number): Row {
  const path = `data.data.${index}`;
  if (isRecord(row) && typeof row.id !== "string") throw new UnexpectedResponse(`${path}.id`, "string");
  return parseAction(row, path);
}
