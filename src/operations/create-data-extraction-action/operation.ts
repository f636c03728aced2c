import { defineRestOperation, isSuccess, UnexpectedResponse } from "../../contactswing/rest-operation.ts";
import { body, callerArguments } from "../../fields/arguments.ts";
import { isNonEmptyString, isRecord } from "../../text/json.ts";
import { getAction } from "../data-extraction-action/operation.ts";
import { CreateDataExtractionActionInput } from "./input.ts";

/** What a response to a create request says. */
export interface CreatedAction {
  readonly id: string;
  /** Absent if it is the one of the input. */
  readonly name?: string;
}

/** "Create Data Extraction Action". */
export const postAction = defineRestOperation<{ readonly input: CreateDataExtractionActionInput }, CreatedAction>({
  name: "createDataExtractionAction",
  effect: "create",
  subject: "action",
  method: "POST",
  path: "/v2/_actions",
  arguments: callerArguments({ input: body(CreateDataExtractionActionInput) }),
  parseResponse({ status, body }, { input }) {
    if (!isSuccess(status)) return undefined;
    const data = isRecord(body) && isRecord(body.data) ? body.data : {};
    // Only the ID is required, so that a created action is reported even if the rest of the response is unexpected.
    if (!isNonEmptyString(data.action_id)) throw new UnexpectedResponse("data.action_id", "string");
    const hasOtherName = typeof data.name === "string" && data.name !== input.name;
    return { id: data.action_id, ...(hasOtherName && { name: data.name as string }) };
  },
  readBack: ({ id }, send) => send(getAction, { id }),
});
