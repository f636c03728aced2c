import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import type { ContactSwing } from "../contactswing/client.ts";
import type { ActionDetails } from "../contactswing/parse-answer.ts";
import type { RequestContext } from "../graphql/context.ts";
import type { IdempotencyGuard } from "../idempotency/idempotency-guard.ts";
import { runInSpan } from "../telemetry/run-in-span.ts";
import { CreateDataExtractionActionInput } from "./create-data-extraction-action-input.ts";
import { CreateDataExtractionActionPayload } from "./create-data-extraction-action-payload.ts";
import { DataExtractionAction, DataExtractionWebhook } from "./data-extraction-action.ts";
import { toRestAction } from "./rest-mapping.ts";
import { validateInput } from "./validate-input.ts";

@Resolver(() => DataExtractionAction)
export class DataExtractionActionResolver {
  readonly #contactSwing: ContactSwing;
  readonly #idempotency: IdempotencyGuard;

  constructor(contactSwing: ContactSwing, idempotency: IdempotencyGuard) {
    this.#contactSwing = contactSwing;
    this.#idempotency = idempotency;
  }

  @Mutation(() => CreateDataExtractionActionPayload, {
    nullable: true,
    description:
      "Creates a data extraction action. It is sent to ContactSwing at most once; an error's `outcome` says whether " +
      "the action exists, and `retryable` whether the same call can be sent again without making a second one.",
  })
  async createDataExtractionAction(
    @Arg("input", () => CreateDataExtractionActionInput, { description: "The action to create." })
    input: CreateDataExtractionActionInput,
    @Ctx() context: RequestContext,
  ): Promise<CreateDataExtractionActionPayload> {
    // The token comes first: a stranger learns nothing of the rules.
    const caller = await context.authenticate();
    runInSpan(context.record.span, "validate input", () => validateInput(input, "input"));
    const restAction = toRestAction(input);
    const { answer, isReplayed } = await this.#idempotency.once(
      { caller, idempotencyKey: input.idempotencyKey, input: restAction },
      () => this.#contactSwing.createAction(restAction, caller),
    );
    const action = { id: answer.actionId, name: answer.name ?? input.name, type: input.type };
    return { action, ctxId: answer.ctxId, replayed: isReplayed };
  }

  @Query(() => DataExtractionAction, {
    nullable: true,
    description: "Reads a data extraction action; null when there is none of this id.",
  })
  async dataExtractionAction(
    @Arg("id", () => ID, { description: "Id of the action." }) id: string,
    @Ctx() context: RequestContext,
  ): Promise<DataExtractionAction | null> {
    return readAction(id, context);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "Prompt that tells the voice agent when to trigger the action.",
  })
  async description(@Root() action: DataExtractionAction, @Ctx() context: RequestContext): Promise<string | null> {
    return (await detailsOf(action, context))?.description ?? null;
  }

  @FieldResolver(() => Boolean, { nullable: true, description: "Whether the action is in use." })
  async isActive(@Root() action: DataExtractionAction, @Ctx() context: RequestContext): Promise<boolean | null> {
    return (await detailsOf(action, context))?.isActive ?? null;
  }

  @FieldResolver(() => DataExtractionWebhook, { nullable: true, description: "Configuration of the extraction." })
  async webhook(
    @Root() action: DataExtractionAction,
    @Ctx() context: RequestContext,
  ): Promise<DataExtractionWebhook | null> {
    return (await detailsOf(action, context))?.webhook ?? null;
  }
}

/** Answers the query and the federated graph's references alike: an action is what a read says it is. */
export async function readAction(id: string, context: RequestContext): Promise<DataExtractionAction | null> {
  const details = await context.actions(id);
  return details && { id, name: details.name, type: "SINGLEDATAEXTRACTION", details };
}

async function detailsOf(action: DataExtractionAction, context: RequestContext): Promise<ActionDetails | null> {
  return action.details === undefined ? context.actions(action.id) : action.details;
}
