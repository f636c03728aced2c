import { Arg, Ctx, Field, ID, Mutation, ObjectType, Resolver } from "type-graphql";
import type { RequestContext } from "../../request-context.ts";
import { inSpan } from "../../telemetry/tracing.ts";
import { validateInput } from "../../validation/validate-input.ts";
import { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";
import { CreateDataExtractionActionInput, inputDefaults } from "./input.ts";
import { postAction } from "./rest.ts";

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
export class CreateDataExtractionActionResolver {
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
    @Ctx() { authenticate, contactSwing, idempotency, onIdempotencyResult: onResult, record }: RequestContext,
  ): Promise<CreateDataExtractionActionPayload> {
    // The token comes first: an untrusted client learns nothing about the rules.
    const caller = await authenticate();
    inSpan("validate input", record.traceContext, () => validateInput(input, ["input"]));

    const { idempotencyKey, ...action } = input;
    const { response, isReplayed } = await idempotency.once(
      { caller, idempotencyKey, input: action, defaults: inputDefaults, onResult },
      () => contactSwing.send(postAction, input),
    );

    const { actionId, name } = response.result;
    return {
      action: { id: actionId, name: name ?? input.name, type: input.type, knownDetails: {}, isNew: true },
      ctxId: response.ctxId,
      replayed: isReplayed,
    };
  }
}
