import * as z from "zod";
import { isRecord } from "../../contactswing/json.ts";
import { defineRestOperation, isSuccess } from "../../contactswing/rest-operation.ts";
import type { ActionDetails, DataExtractionResponseType, DataExtractionWebhook } from "./data-extraction-action.ts";

/** ContactSwing's `type` of these actions; it has other kinds of actions as well. */
export const dataExtractionType = "SINGLEDATAEXTRACTION";

/** GraphQL value → ContactSwing's value. */
export const restResponseTypes = { YES_NO: "yes/no" } satisfies Record<DataExtractionResponseType, string>;

/** A data extraction action as ContactSwing returns it by ID. */
export interface ReadAction extends ActionDetails {
  readonly name: string;
}

/** "Get Action by ID". The result is null if there is no such action, or if it is an action of another kind. */
export const getAction = defineRestOperation<{ readonly id: string }, ReadAction | null>({
  name: "dataExtractionAction",
  effect: "read",
  method: "GET",
  path: "/v2/_actions/{action_id}",
  fieldNames: { id: "action_id" },
  toRequest: ({ id }) => ({ pathParameters: { action_id: id } }),
  parseResponse({ status, body }) {
    if (isSuccess(status)) return parseAction(body);
    // The platform's 404 is a page: it says that ContactSwing is not there, not that the action is not.
    return status === 404 && isRecord(body) ? null : undefined;
  },
});

function parseAction(body: unknown): ReadAction | null | undefined {
  const data = isRecord(body) ? body.data : undefined;
  if (!isRecord(data) || typeof data.type !== "string") return undefined;
  if (data.type !== dataExtractionType) return null;
  const details = parseDetails(data);
  return details !== undefined && typeof data.name === "string" ? { name: data.name, ...details } : undefined;
}

const text = z.string().nullable().default(null);
const flag = z.boolean().nullable().default(null);

const webhookSchema = z
  .object({
    mandatory: flag,
    name: text,
    description: text,
    type: text,
    sync_data: flag,
    sync_module: text,
    sync_field: text,
  })
  .transform(
    ({ type, sync_data, sync_module, sync_field, ...others }): DataExtractionWebhook => ({
      ...others,
      type: toResponseType(type),
      rawType: type,
      syncData: sync_data,
      syncModule: sync_module,
      syncField: sync_field,
    }),
  );

const detailsSchema = z.object({
  description: text,
  is_active: flag,
  webhook: webhookSchema.nullable().default(null),
});

/** The details in an action's REST form, null where they are missing; undefined if one has the wrong JSON type. */
export function parseDetails(action: unknown): ActionDetails | undefined {
  const { data } = detailsSchema.safeParse(action);
  return data && { description: data.description, isActive: data.is_active, webhook: data.webhook };
}

function toResponseType(rawType: string | null): DataExtractionResponseType | null {
  const types = Object.keys(restResponseTypes) as DataExtractionResponseType[];
  return types.find((type) => restResponseTypes[type] === rawType) ?? null;
}
