import { isRecord } from "../../contactswing/json.ts";
import { defineRestOperation, isSuccess } from "../../contactswing/rest-operation.ts";
import type { ActionDetails } from "./data-extraction-action.ts";
import { dataExtractionType, parseDetails, parseOrUndefined } from "./parse-action.ts";

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
  fallbackArgument: "id",
  isInputFromCaller: true,
  toRequest: ({ id }) => ({ pathParameters: { action_id: id } }),
  parseResponse({ status, body, isPage }) {
    if (isSuccess(status)) return parseAction(body);
    // The platform's 404 is a page: it says that ContactSwing is not there, not that the action is not.
    return status === 404 && isRecord(body) && !isPage ? null : undefined;
  },
});

function parseAction(body: unknown): ReadAction | null | undefined {
  const data = isRecord(body) ? body.data : undefined;
  if (!isRecord(data) || typeof data.type !== "string") return undefined;
  if (data.type !== dataExtractionType) return null;
  const { name } = data;
  return typeof name === "string" ? parseOrUndefined(() => ({ name, ...parseDetails(data) })) : undefined;
}
