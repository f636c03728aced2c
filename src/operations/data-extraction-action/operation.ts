import { defineRestOperation, isSuccess, UnexpectedResponse } from "../../contactswing/rest-operation.ts";
import { callerArguments, pathParameter } from "../../fields/arguments.ts";
import { parseFields } from "../../fields/rest-json.ts";
import { isRecord } from "../../text/json.ts";
import { actionTypes, DataExtractionAction } from "./data-extraction-action.ts";

/** "Get Action by ID". The result is null if there is no such action, or if it is an action of another kind. */
export const getAction = defineRestOperation<{ readonly id: string }, DataExtractionAction | null>({
  name: "dataExtractionAction",
  effect: "read",
  subject: "action",
  method: "GET",
  path: "/v2/_actions/{action_id}",
  arguments: callerArguments({ id: pathParameter("action_id") }),
  parseResponse({ status, body }, { id }) {
    // The platform's 404 is a page: ContactSwing itself was not reached.
    if (status === 404 && isRecord(body)) return null;
    if (!isSuccess(status)) return undefined;
    const data = isRecord(body) ? body.data : undefined;
    // The ID is the one that was asked for.
    return parseAction(isRecord(data) ? { ...data, id } : data, "data");
  },
});

/**
 * An action in its REST form, with the details that it has; null for an action of another kind.
 * @throws UnexpectedResponse
 */
export function parseAction(json: unknown, path: string): DataExtractionAction | null {
  if (!isRecord(json)) throw new UnexpectedResponse(path, "object");
  if (typeof json.type !== "string") throw new UnexpectedResponse(`${path}.type`, "string");
  if (actionTypes.findName(json.type) === null) return null;
  return parseFields(DataExtractionAction, json, path) as DataExtractionAction;
}
