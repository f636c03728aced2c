import { Field, ID, ObjectType } from "type-graphql";
import { DataExtractionAction } from "./data-extraction-action.ts";

@ObjectType({ simpleResolvers: true, description: "What `createDataExtractionAction` answers." })
export class CreateDataExtractionActionPayload {
  @Field(() => DataExtractionAction, { description: "The action that exists now." })
  readonly action!: DataExtractionAction;

  @Field(() => ID, {
    nullable: true,
    description: "ContactSwing's id of the call that created the action, for its support.",
  })
  readonly ctxId!: string | null;

  @Field(() => Boolean, {
    description:
      "True when an earlier call with the same `idempotencyKey` created the action, and this one got its answer.",
  })
  readonly replayed!: boolean;
}
