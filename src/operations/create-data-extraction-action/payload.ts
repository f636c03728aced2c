import { Field, ID, ObjectType } from "type-graphql";
import { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";

@ObjectType({ simpleResolvers: true, description: "Result of `createDataExtractionAction`." })
export class CreateDataExtractionActionPayload {
  @Field(() => DataExtractionAction, { description: "The action, which exists now." })
  readonly action!: DataExtractionAction;

  @Field(() => ID, {
    nullable: true,
    description: "ContactSwing's ID of the request that created the action, for its support.",
  })
  readonly ctxId!: string | null;

  @Field(() => Boolean, {
    description:
      "True if an earlier request with the same `idempotencyKey` created the action, and this is its response.",
  })
  readonly replayed!: boolean;
}
