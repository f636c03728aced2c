import { Field, ID, ObjectType } from "type-graphql";
import { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";

@ObjectType({ simpleResolvers: true, description: "Result of `createDataExtractionAction`." })
export class CreateDataExtractionActionPayload {
  @Field(() => DataExtractionAction, { description: "The created action." })
  readonly action!: DataExtractionAction;

  @Field(() => ID, {
    nullable: true,
    description: "ContactSwing's ID for the request that created the action, to quote to its support.",
  })
  readonly ctxId!: string | null;

  @Field(() => Boolean, {
    description: "Whether this is the response of an earlier request with the same `idempotencyKey`.",
  })
  readonly replayed!: boolean;
}
