import { Directive, Field, ID, ObjectType, registerEnumType } from "type-graphql";

// Internal values equal the GraphQL names, because buildSubgraphSchema passes enum defaults by name (federation#2782).
// The REST values are in the operations.

export const DataExtractionActionTiming = { DURING: "DURING" } as const;
export type DataExtractionActionTiming = keyof typeof DataExtractionActionTiming;

export const DataExtractionActionType = { SINGLEDATAEXTRACTION: "SINGLEDATAEXTRACTION" } as const;
export type DataExtractionActionType = keyof typeof DataExtractionActionType;

export const DataExtractionResponseType = { YES_NO: "YES_NO" } as const;
export type DataExtractionResponseType = keyof typeof DataExtractionResponseType;

registerEnumType(DataExtractionActionTiming, {
  name: "DataExtractionActionTiming",
  description: "When the voice agent triggers an action.",
  valuesConfig: { DURING: { description: "During the phone call." } },
});

registerEnumType(DataExtractionActionType, {
  name: "DataExtractionActionType",
  description: "The kind of a data extraction action.",
  valuesConfig: { SINGLEDATAEXTRACTION: { description: "Extracts a single piece of data and stores it." } },
});

registerEnumType(DataExtractionResponseType, {
  name: "DataExtractionResponseType",
  description: "The kind of response that the voice agent looks for.",
  valuesConfig: { YES_NO: { description: "Yes or no; `yes/no` in ContactSwing's REST API." } },
});

@ObjectType({ simpleResolvers: true, description: "What is extracted and where it is stored." })
export class DataExtractionWebhook {
  @Field(() => Boolean, {
    nullable: true,
    description: "Whether the voice agent requires the user's response before it continues.",
  })
  readonly mandatory!: boolean | null;

  @Field(() => String, { nullable: true, description: "Name of the data field." })
  readonly name!: string | null;

  @Field(() => String, { nullable: true, description: "Prompt that tells the voice agent what to find out." })
  readonly description!: string | null;

  @Field(() => DataExtractionResponseType, {
    nullable: true,
    description: "Kind of response to look for; null if it is one that this graph does not know (see `rawType`).",
  })
  readonly type!: DataExtractionResponseType | null;

  @Field(() => String, { nullable: true, description: "ContactSwing's own value of `type`, such as `yes/no`." })
  readonly rawType!: string | null;

  @Field(() => Boolean, { nullable: true, description: "Whether extracted data is stored automatically." })
  readonly syncData!: boolean | null;

  @Field(() => String, { nullable: true, description: "Module in which the data is stored, such as `customers`." })
  readonly syncModule!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Database field in which the data is stored, such as `customer_timezone`.",
  })
  readonly syncField!: string | null;
}

/** What `id`, `name`, and `type` leave out. */
export interface ActionDetails {
  readonly description: string | null;
  readonly isActive: boolean | null;
  readonly webhook: DataExtractionWebhook | null;
}

@Directive('@key(fields: "id")')
@ObjectType({
  simpleResolvers: true,
  description: "Tells a voice agent what to find out during a phone call and where to store it.",
})
export class DataExtractionAction {
  @Field(() => ID, { description: "ID that ContactSwing assigned to the action." })
  readonly id!: string;

  @Field(() => String, { description: "Display name." })
  readonly name!: string;

  @Field(() => DataExtractionActionType, { description: "Kind of the action." })
  readonly type!: DataExtractionActionType;

  /** The details that came with the action. The others are read by ID when they are selected. */
  readonly knownDetails!: Partial<ActionDetails>;

  /** Whether this operation has just created the action: then it is an error if ContactSwing does not find it. */
  readonly isNew!: boolean;
}
