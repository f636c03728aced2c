import { Directive, Field, ID, ObjectType } from "type-graphql";
import type { ActionDetails } from "../contactswing/parse-answer.ts";
import { DataExtractionActionType } from "./enums.ts";

@ObjectType({
  simpleResolvers: true,
  description: "What a data extraction action finds out, and where it stores the answer.",
})
export class DataExtractionWebhook {
  @Field(() => Boolean, {
    nullable: true,
    description: "Whether the user's answer is required before the call goes on.",
  })
  readonly mandatory!: boolean | null;

  @Field(() => String, { nullable: true, description: "Name of the data field." })
  readonly name!: string | null;

  @Field(() => String, { nullable: true, description: "Prompt that says what to find out." })
  readonly description!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Form of the answer to look for, in the REST API's words, e.g. `yes/no`.",
  })
  readonly type!: string | null;

  @Field(() => Boolean, { nullable: true, description: "Whether the extracted data is stored automatically." })
  readonly syncData!: boolean | null;

  @Field(() => String, { nullable: true, description: "Module that the data is stored in." })
  readonly syncModule!: string | null;

  @Field(() => String, { nullable: true, description: "Database field that the data is stored in." })
  readonly syncField!: string | null;
}

@Directive('@key(fields: "id")')
@ObjectType({
  simpleResolvers: true,
  description: "Tells a voice agent what to find out in a call, and where to store it.",
})
export class DataExtractionAction {
  @Field(() => ID, { description: "Id that ContactSwing gave the action." })
  readonly id!: string;

  @Field(() => String, { description: "Display name." })
  readonly name!: string;

  @Field(() => DataExtractionActionType, { description: "Kind of the action." })
  readonly type!: DataExtractionActionType;

  /** What only a read tells; undefined while none has been made, as after a create. */
  readonly details?: ActionDetails | null;
}
