import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import type { RequestContext } from "../../request-context.ts";
import { DataExtractionAction, DataExtractionWebhook } from "./data-extraction-action.ts";
import { readAction, readDetail } from "./read-action.ts";

@Resolver(() => DataExtractionAction)
export class DataExtractionActionResolver {
  @Query(() => DataExtractionAction, {
    nullable: true,
    description: "Finds a data extraction action by its ID; null if there is none.",
  })
  dataExtractionAction(
    @Arg("id", () => ID, { description: "ID of the action." }) id: string,
    @Ctx() context: RequestContext,
  ): Promise<DataExtractionAction | null> {
    return readAction(id, context);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "Prompt that tells the voice agent when to trigger the action.",
  })
  description(@Root() action: DataExtractionAction, @Ctx() context: RequestContext): Promise<string | null> {
    return readDetail("description", action, context);
  }

  @FieldResolver(() => Boolean, { nullable: true, description: "Whether the action is active." })
  isActive(@Root() action: DataExtractionAction, @Ctx() context: RequestContext): Promise<boolean | null> {
    return readDetail("isActive", action, context);
  }

  @FieldResolver(() => DataExtractionWebhook, { nullable: true, description: "Configuration of the extraction." })
  webhook(@Root() action: DataExtractionAction, @Ctx() context: RequestContext): Promise<DataExtractionWebhook | null> {
    return readDetail("webhook", action, context);
  }
}
