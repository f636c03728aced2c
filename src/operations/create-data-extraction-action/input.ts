import { Field, ID, InputType } from "type-graphql";
import { RestField } from "../../fields/rest-field.ts";
import { choice, flag, nested, text } from "../../fields/types.ts";
import { createRule } from "../../validation/rule.ts";
import { isIdempotencyKey, textLimits } from "../../validation/text-rules.ts";
import {
  actionTimings,
  actionTypes,
  type DataExtractionActionTiming,
  type DataExtractionActionType,
  type DataExtractionResponseType,
  responseTypes,
} from "../data-extraction-action/data-extraction-action.ts";

/** Required as soon as `syncData` of the same object is true. */
const requiredWhenSyncing = createRule(
  { name: "requiredWhenSyncing", message: "Must be given when extracted data is stored." },
  (value, webhook) => (value ?? null) !== null || (webhook as DataExtractionWebhookInput).syncData !== true,
);

@InputType({ description: "What to extract and where to store it." })
export class DataExtractionWebhookInput {
  @RestField("mandatory", flag, {
    isNullable: true,
    description: "Whether the voice agent requires the user's response before it continues.",
  })
  readonly mandatory?: boolean | null;

  @RestField("name", text(textLimits.name), {
    isNullable: true,
    description: "Name of the data field, such as `interested`.",
  })
  readonly name?: string | null;

  @RestField("description", text(textLimits.description), {
    isNullable: true,
    description: "Prompt that tells the voice agent what to find out, such as `user interested on buying the product`.",
  })
  readonly description?: string | null;

  @RestField("type", choice(responseTypes), { isNullable: true, description: "Kind of response to look for." })
  readonly type?: DataExtractionResponseType | null;

  @RestField("sync_data", flag, {
    isNullable: true,
    description: "Whether to store extracted data automatically. `true` requires `syncModule` and `syncField`.",
  })
  readonly syncData?: boolean | null;

  @RestField("sync_module", text(textLimits.name), {
    isNullable: true,
    description: "Module in which to store the data, such as `customers`.",
    rules: [requiredWhenSyncing],
  })
  readonly syncModule?: string | null;

  @RestField("sync_field", text(textLimits.name), {
    isNullable: true,
    description: "Database field in which to store the data, such as `customer_timezone`.",
    rules: [requiredWhenSyncing],
  })
  readonly syncField?: string | null;
}

@InputType({ description: "A data extraction action to create." })
export class CreateDataExtractionActionInput {
  @RestField("name", text(textLimits.name), { description: "Display name." })
  readonly name!: string;

  @RestField("description", text(textLimits.description), {
    isNullable: true,
    description:
      "Prompt that tells the voice agent when to trigger the action, such as `Trigger this action if the user " +
      "requests data extraction.`",
  })
  readonly description?: string | null;

  @RestField("action_timing", choice(actionTimings), {
    defaultValue: actionTimings.names.DURING,
    description: "When to trigger the action.",
  })
  readonly actionTiming!: DataExtractionActionTiming;

  @RestField("type", choice(actionTypes), {
    defaultValue: actionTypes.names.SINGLEDATAEXTRACTION,
    description: "Kind of the action.",
  })
  readonly type!: DataExtractionActionType;

  @RestField(
    "webhook",
    nested(() => DataExtractionWebhookInput),
    { description: "Configuration of the extraction." },
  )
  readonly webhook!: DataExtractionWebhookInput;

  @Field(() => ID, {
    nullable: true,
    description:
      "Makes a retry safe: a second request with the same key and the same input gets the response of the first one " +
      "instead of creating a second action. A key is bound to this field and to its caller: to the issuer and subject " +
      "of the token if it is a JSON Web Token, so that it outlives a token refresh, and otherwise to the token. " +
      `1 to ${textLimits.idempotencyKey} visible ASCII characters, such as a UUID. Never sent to ContactSwing.`,
  })
  @isIdempotencyKey
  readonly idempotencyKey?: string | null;
}
