import { type FieldNamesOf, toRestObject } from "../../contactswing/field-names.ts";
import { isNonEmptyString, isRecord } from "../../contactswing/json.ts";
import { defineRestOperation, isSuccess } from "../../contactswing/rest-operation.ts";
import { restResponseTypes } from "../data-extraction-action/rest.ts";
import type { CreateDataExtractionActionInput, DataExtractionWebhookInput } from "./input.ts";

/** What a response to a create request says. */
export interface CreatedAction {
  readonly actionId: string;
  /** Null if the response does not repeat it. */
  readonly name: string | null;
}

const webhookFields = {
  mandatory: "mandatory",
  name: "name",
  description: "description",
  type: { restName: "type", values: restResponseTypes },
  syncData: "sync_data",
  syncModule: "sync_module",
  syncField: "sync_field",
} satisfies FieldNamesOf<DataExtractionWebhookInput>;

const fieldNames = {
  name: "name",
  description: "description",
  actionTiming: "action_timing",
  type: "type",
  webhook: { restName: "webhook", fields: webhookFields },
} satisfies FieldNamesOf<Omit<CreateDataExtractionActionInput, "idempotencyKey">>;

/** "Create Data Extraction Action". */
export const postAction = defineRestOperation<CreateDataExtractionActionInput, CreatedAction>({
  name: "createDataExtractionAction",
  effect: "create",
  method: "POST",
  path: "/v2/_actions",
  argument: "input",
  fieldNames,
  toRequest: (input) => ({ body: toRestObject(input, fieldNames) }),
  parseResponse({ status, body }) {
    const data = isSuccess(status) && isRecord(body) ? body.data : undefined;
    // Only the ID must be there: an ID that exists is never withheld.
    if (!isRecord(data) || !isNonEmptyString(data.action_id)) return undefined;
    return { actionId: data.action_id, name: typeof data.name === "string" ? data.name : null };
  },
});
