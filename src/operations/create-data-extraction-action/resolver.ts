import { Arg, Ctx, Field, ID, Mutation, ObjectType, Resolver } from "type-graphql";
import type { RequestContext } from "../../execution/request-context.ts";
import { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";
import type { Operation } from "../operation.ts";
import { CreateDataExtractionActionInput } from "./input.ts";
import { postAction } from "./operation.ts";

@ObjectType({ simpleResolvers: true, description: "Result of `createDataExtractionAction`." })
class CreateDataExtractionActionPayload {
  @Field(() => DataExtractionAction, { description: "The created action." })
  readonly action!: DataExtractionAction;

  @Field(() => ID, {
    nullable: true,
    description: "ContactSwing's ID for the request that created the action. Quote it to ContactSwing's support.",
  })
  readonly ctxId!: string | null;

  @Field(() => Boolean, {
    description: "Whether this is the response of an earlier request with the same `idempotencyKey`.",
  })
  readonly replayed!: boolean;
}

@Resolver()
class CreateDataExtractionActionResolver {
  @Mutation(() => CreateDataExtractionActionPayload, {
    nullable: true,
    description:
      "Creates a data extraction action. The request is sent to ContactSwing at most once; an error's `outcome` says " +
      "whether the action exists, and `retryable` whether the same request can be sent again without any risk of " +
      "creating a second one.",
  })
  async createDataExtractionAction(
    @Arg("input", () => CreateDataExtractionActionInput, { description: "The action to create." })
    input: CreateDataExtractionActionInput,
    @Ctx() { contactSwing }: RequestContext,
  ): Promise<CreateDataExtractionActionPayload> {
    const { result, ctxId, isReplayed } = await contactSwing.send(postAction, { input });
    const { id, name = input.name } = result;
    return { action: { id, name, type: input.type, isNew: !isReplayed }, ctxId, replayed: isReplayed };
  }
}

export const createDataExtractionAction: Operation = {
  rest: postAction,
  Resolver: CreateDataExtractionActionResolver,
};
