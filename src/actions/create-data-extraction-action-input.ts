import { ValidateNested } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import { DataExtractionActionTiming, DataExtractionActionType, DataExtractionResponseType } from "./enums.ts";
import { IsIdempotencyKey, IsNeededToSync, IsText, limits } from "./input-rules.ts";

@InputType({ description: "What a data extraction action finds out, and where it stores the answer." })
export class DataExtractionWebhookInput {
  @Field(() => Boolean, { nullable: true, description: "Require the user's answer before the call goes on." })
  readonly mandatory?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: `Name of the data field, e.g. \`interested\`. Not blank, at most ${limits.name} characters.`,
  })
  @IsText(limits.name)
  readonly name?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Prompt that says what to find out, e.g. `user interested on buying the product`. " +
      `Not blank, at most ${limits.description} characters.`,
  })
  @IsText(limits.description)
  readonly description?: string | null;

  @Field(() => DataExtractionResponseType, { nullable: true, description: "Form of the answer to look for." })
  readonly type?: DataExtractionResponseType | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Store the extracted data automatically. `true` needs `syncModule` and `syncField`.",
  })
  readonly syncData?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description: `Module to store the data in, e.g. \`customers\`. Not blank, at most ${limits.name} characters.`,
  })
  @IsText(limits.name)
  @IsNeededToSync()
  readonly syncModule?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Database field to store the data in, e.g. `customer_timezone`. " +
      `Not blank, at most ${limits.name} characters.`,
  })
  @IsText(limits.name)
  @IsNeededToSync()
  readonly syncField?: string | null;
}

@InputType({ description: "A data extraction action to create." })
export class CreateDataExtractionActionInput {
  @Field(() => String, { description: `Display name. Not blank, at most ${limits.name} characters.` })
  @IsText(limits.name)
  readonly name!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Prompt that tells the voice agent when to trigger the action, e.g. `Trigger this action if the user " +
      `requests data extraction.\` Not blank, at most ${limits.description} characters.`,
  })
  @IsText(limits.description)
  readonly description?: string | null;

  @Field(() => DataExtractionActionTiming, {
    defaultValue: DataExtractionActionTiming.DURING,
    description: "When to trigger the action.",
  })
  readonly actionTiming!: DataExtractionActionTiming;

  @Field(() => DataExtractionActionType, {
    defaultValue: DataExtractionActionType.SINGLEDATAEXTRACTION,
    description: "Kind of the action.",
  })
  readonly type!: DataExtractionActionType;

  @Field(() => DataExtractionWebhookInput, { description: "Configuration of the extraction." })
  @ValidateNested()
  readonly webhook!: DataExtractionWebhookInput;

  @Field(() => ID, {
    nullable: true,
    description:
      "Makes a retry safe: a second call with the same key and input gets the first one's answer instead of a second " +
      `action. 1 to ${limits.idempotencyKey} visible ASCII characters, e.g. a UUID; never sent to ContactSwing.`,
  })
  @IsIdempotencyKey()
  readonly idempotencyKey?: string | null;
}
