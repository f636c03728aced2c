import { ValidateBy, ValidateNested, type ValidationArguments } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import { IsIdempotencyKey, IsText, textLimits } from "../../validation/text-rules.ts";
import {
  DataExtractionActionTiming,
  DataExtractionActionType,
  DataExtractionResponseType,
} from "../data-extraction-action/data-extraction-action.ts";

/** Required as soon as `syncData` of the same object is true. */
function IsNeededToSync(): PropertyDecorator {
  return ValidateBy({
    name: "isNeededToSync",
    validator: {
      validate: (value: unknown, validated?: ValidationArguments) =>
        (value !== undefined && value !== null) ||
        (validated?.object as DataExtractionWebhookInput | undefined)?.syncData !== true,
      defaultMessage: () => "Required when syncData is true.",
    },
  });
}

@InputType({ description: "What to extract and where to store it." })
export class DataExtractionWebhookInput {
  @Field(() => Boolean, {
    nullable: true,
    description: "Whether the voice agent requires the user's response before it continues.",
  })
  readonly mandatory?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: `Name of the data field, such as \`interested\`. Not blank, at most ${textLimits.name} characters.`,
  })
  @IsText(textLimits.name)
  readonly name?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Prompt that tells the voice agent what to find out, such as `user interested on buying the product`. " +
      `Not blank, at most ${textLimits.description} characters.`,
  })
  @IsText(textLimits.description)
  readonly description?: string | null;

  @Field(() => DataExtractionResponseType, { nullable: true, description: "Kind of response to look for." })
  readonly type?: DataExtractionResponseType | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Whether to store extracted data automatically. `true` requires `syncModule` and `syncField`.",
  })
  readonly syncData?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: `Module in which to store the data, such as \`customers\`. Not blank, at most ${textLimits.name} characters.`,
  })
  @IsText(textLimits.name)
  @IsNeededToSync()
  readonly syncModule?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Database field in which to store the data, such as `customer_timezone`. " +
      `Not blank, at most ${textLimits.name} characters.`,
  })
  @IsText(textLimits.name)
  @IsNeededToSync()
  readonly syncField?: string | null;
}

/** Used by the schema, and to treat an input that gives a default like one that omits it. */
export const inputDefaults = {
  actionTiming: DataExtractionActionTiming.DURING,
  type: DataExtractionActionType.SINGLEDATAEXTRACTION,
} as const;

@InputType({ description: "A data extraction action to create." })
export class CreateDataExtractionActionInput {
  @Field(() => String, { description: `Display name. Not blank, at most ${textLimits.name} characters.` })
  @IsText(textLimits.name)
  readonly name!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Prompt that tells the voice agent when to trigger the action, such as `Trigger this action if the user " +
      `requests data extraction.\` Not blank, at most ${textLimits.description} characters.`,
  })
  @IsText(textLimits.description)
  readonly description?: string | null;

  @Field(() => DataExtractionActionTiming, {
    defaultValue: inputDefaults.actionTiming,
    description: "When to trigger the action.",
  })
  readonly actionTiming!: DataExtractionActionTiming;

  @Field(() => DataExtractionActionType, { defaultValue: inputDefaults.type, description: "Kind of the action." })
  readonly type!: DataExtractionActionType;

  @Field(() => DataExtractionWebhookInput, { description: "Configuration of the extraction." })
  @ValidateNested()
  readonly webhook!: DataExtractionWebhookInput;

  @Field(() => ID, {
    nullable: true,
    description:
      "Makes a retry safe: a second request with the same key and the same input gets the response of the first one " +
      "instead of creating a second action. A key belongs to its caller: to the token or, if this service verifies " +
      "tokens, to the token's issuer and subject, so that it outlives a token refresh. " +
      `1 to ${textLimits.idempotencyKey} visible ASCII characters, such as a UUID. Never sent to ContactSwing.`,
  })
  @IsIdempotencyKey()
  readonly idempotencyKey?: string | null;
}
