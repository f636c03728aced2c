import { Directive, ObjectType } from "type-graphql";
import { defineEnum } from "../../fields/define-enum.ts";
import { RestField } from "../../fields/rest-field.ts";
import { choice, flag, identifier, nested, plainText } from "../../fields/types.ts";

export const actionTimings = defineEnum("DataExtractionActionTiming", "When the voice agent triggers an action.", {
  DURING: { rest: "DURING", description: "During the phone call." },
});
export type DataExtractionActionTiming = keyof typeof actionTimings.names;

export const actionTypes = defineEnum("DataExtractionActionType", "The kind of a data extraction action.", {
  SINGLEDATAEXTRACTION: {
    rest: "SINGLEDATAEXTRACTION",
    description: "Extracts a single piece of data and stores it.",
  },
});
export type DataExtractionActionType = keyof typeof actionTypes.names;

export const responseTypes = defineEnum(
  "DataExtractionResponseType",
  "The kind of response that the voice agent looks for.",
  { YES_NO: { rest: "yes/no", description: "Yes or no; `yes/no` in ContactSwing's REST API." } },
);
export type DataExtractionResponseType = keyof typeof responseTypes.names;

@ObjectType({ simpleResolvers: true, description: "What is extracted and where it is stored." })
export class DataExtractionWebhook {
  @RestField("mandatory", flag, {
    isNullable: true,
    description: "Whether the voice agent requires the user's response before it continues.",
  })
  readonly mandatory!: boolean | null;

  @RestField("name", plainText, { isNullable: true, description: "Name of the data field." })
  readonly name!: string | null;

  @RestField("description", plainText, {
    isNullable: true,
    description: "Prompt that tells the voice agent what to find out.",
  })
  readonly description!: string | null;

  @RestField("type", choice(responseTypes), {
    isNullable: true,
    description: "Kind of response to look for; null if it is one that this graph does not know (see `rawType`).",
  })
  readonly type!: DataExtractionResponseType | null;

  @RestField("type", plainText, {
    isNullable: true,
    description: "ContactSwing's own value of `type`, such as `yes/no`.",
  })
  readonly rawType!: string | null;

  @RestField("sync_data", flag, { isNullable: true, description: "Whether extracted data is stored automatically." })
  readonly syncData!: boolean | null;

  @RestField("sync_module", plainText, {
    isNullable: true,
    description: "Module in which the data is stored, such as `customers`.",
  })
  readonly syncModule!: string | null;

  @RestField("sync_field", plainText, {
    isNullable: true,
    description: "Database field in which the data is stored, such as `customer_timezone`.",
  })
  readonly syncField!: string | null;
}

@Directive('@key(fields: "id")')
@ObjectType({
  simpleResolvers: true,
  description: "Tells a voice agent what to find out during a phone call and where to store it.",
})
export class DataExtractionAction {
  @RestField("id", identifier, { description: "ID that ContactSwing assigned to the action." })
  readonly id!: string;

  @RestField("name", plainText, { description: "Display name." })
  readonly name!: string;

  @RestField("type", choice(actionTypes), { description: "Kind of the action." })
  readonly type!: DataExtractionActionType;

  @RestField("description", plainText, {
    isDetail: true,
    isNullable: true,
    description: "Prompt that tells the voice agent when to trigger the action.",
  })
  readonly description?: string | null;

  @RestField("is_active", flag, { isDetail: true, isNullable: true, description: "Whether the action is active." })
  readonly isActive?: boolean | null;

  @RestField(
    "webhook",
    nested(() => DataExtractionWebhook),
    {
      isDetail: true,
      isNullable: true,
      description: "Configuration of the extraction.",
    },
  )
  readonly webhook?: DataExtractionWebhook | null;

  /** Whether this operation has just created the action: then it is an error if ContactSwing does not find it. */
  readonly isNew?: boolean;
}
