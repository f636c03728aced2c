import * as z from "zod";
import { isAboutHeader, readValidationProblems } from "../../contactswing/classify-failure.ts";
import { isRecord } from "../../contactswing/json.ts";
import { defineRestOperation, isSuccess } from "../../contactswing/rest-operation.ts";
import type { ActionDetails } from "../data-extraction-action/data-extraction-action.ts";
import { dataExtractionType, parseDetails } from "../data-extraction-action/rest.ts";

/** A row of ContactSwing's list; null stands for an action of another kind. */
export type Row = ListedAction | null;

export interface ListedAction {
  readonly id: string;
  readonly name: string;
  /** The details that the row has; `isActive` is always among them. */
  readonly details: Partial<ActionDetails>;
}

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
  method: "GET",
  path: "/v2/_actions",
  // The service chooses page and page size.
  fieldNames: {},
  toRequest: ({ page, pageSize }) => ({ query: { page: String(page), per_page: String(pageSize) } }),
  parseResponse({ status, body, isOversized }, request) {
    if (request.pageSize === 100 && (status === 422 || (isSuccess(status) && isOversized))) {
      return isAboutHeader(readValidationProblems(body)) ? undefined : "too-large";
    }
    return isSuccess(status) ? parsePage(body, request) : undefined;
  },
});

const pageSchema = z.object({
  data: z.object({
    data: z.array(z.unknown()),
    // Cursors have no room for sizes without a limit; this is more rows than a response can hold.
    pagination: z.object({
      current_page: z.number(),
      per_page: z.int().min(1).max(1_000_000),
      has_next: z.boolean(),
    }),
  }),
});

function parsePage(body: unknown, { page }: PageRequest): Page | undefined {
  const list = pageSchema.safeParse(body).data?.data;
  if (list === undefined) return undefined;
  const { current_page, per_page, has_next } = list.pagination;
  // A list that always returned its first page would otherwise end early, or never.
  if (current_page !== page || list.data.length > per_page) return undefined;
  const rows = list.data.map(parseRow);
  return rows.every((row) => row !== undefined) ? { rows, pageSize: per_page, hasNext: has_next } : undefined;
}

function parseRow(row: unknown): Row | undefined {
  if (!isRecord(row) || typeof row.id !== "string" || typeof row.type !== "string") return undefined;
  if (row.type !== dataExtractionType) return null;
  const { id, name } = row;
  const details = parseDetails(row);
  if (typeof name !== "string" || details === undefined) return undefined;
  const { isActive, description, webhook } = details;
  // It is not documented which details a row has: one that is absent is read by ID when it is selected.
  return {
    id,
    name,
    details: { isActive, ...("description" in row && { description }), ...("webhook" in row && { webhook }) },
  };
}
