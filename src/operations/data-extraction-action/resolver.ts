import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import type { UpstreamResult } from "../../contactswing/client.ts";
import { isPathSegment } from "../../contactswing/rest-operation.ts";
import { RequestFailure } from "../../failures/failure.ts";
import type { RequestContext } from "../../request-context.ts";
import { type ActionDetails, DataExtractionAction, DataExtractionWebhook } from "./data-extraction-action.ts";
import { dataExtractionType, getAction, type ReadAction } from "./rest.ts";

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

/** Reads an action; null if there is no data extraction action with this ID. @throws RequestFailure */
export async function readAction(id: string, context: RequestContext): Promise<DataExtractionAction | null> {
  const action = (await readById(id, context))?.result;
  return action ? { id, name: action.name, type: dataExtractionType, knownDetails: action, isNew: false } : null;
}

/** One detail of an action: as it came with the action, or read by ID once per request. @throws RequestFailure */
async function readDetail<Name extends keyof ActionDetails>(
  name: Name,
  { id, knownDetails, isNew }: DataExtractionAction,
  context: RequestContext,
): Promise<ActionDetails[Name] | null> {
  const known = knownDetails[name];
  if (known !== undefined) return known;
  const read = await readById(id, context);
  if (read?.result) return read.result[name];
  if (!isNew) return null;
  // ContactSwing may not have replicated the action yet. A silent null would look like an empty detail.
  const upstream = read && { status: read.status, ctxId: read.ctxId };
  throw new RequestFailure({ kind: "not-found-after-created", ...(upstream && { upstream }) });
}

/** What ContactSwing returned; undefined for an ID that cannot be requested. */
async function readById(
  id: string,
  { authenticate, contactSwing }: RequestContext,
): Promise<UpstreamResult<ReadAction | null> | undefined> {
  if (isPathSegment(id)) return contactSwing.send(getAction, { id });
  await authenticate();
  return undefined;
}
