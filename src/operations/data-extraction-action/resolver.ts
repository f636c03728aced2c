import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../../execution/request-context.ts";
import { RequestFailure } from "../../failures/failure.ts";
import { textLimits } from "../../validation/text-rules.ts";
import type { Operation } from "../operation.ts";
import { DataExtractionAction } from "./data-extraction-action.ts";
import { getAction } from "./operation.ts";

@Resolver()
class DataExtractionActionResolver {
  @Query(() => DataExtractionAction, {
    nullable: true,
    description: "Finds a data extraction action by its ID; null if there is none.",
  })
  dataExtractionAction(
    @Arg("id", () => ID, { description: `ID of the action. At most ${textLimits.identifier} characters.` })
    id: string,
    @Ctx() context: RequestContext,
  ): Promise<DataExtractionAction | null> {
    return readAction(id, context);
  }
}

export const dataExtractionAction: Operation = {
  rest: getAction,
  Resolver: DataExtractionActionResolver,
  entity: { declaring: DataExtractionAction, resolve: readAction, readDetail },
};

/** Reads an action; null if there is no data extraction action with this ID. @throws RequestFailure */
async function readAction(id: string, { contactSwing }: RequestContext): Promise<DataExtractionAction | null> {
  return (await contactSwing.send(getAction, { id })).result;
}

/** One detail of an action: as it came with the action, or read by ID once per request. @throws RequestFailure */
export async function readDetail<Name extends keyof DataExtractionAction>(
  name: Name,
  action: DataExtractionAction,
  { contactSwing }: RequestContext,
): Promise<DataExtractionAction[Name] | null> {
  if (action[name] !== undefined) return action[name];
  const { result, status, ctxId } = await contactSwing.send(getAction, { id: action.id });
  if (result !== null) return result[name] ?? null;
  // ContactSwing may not have replicated the action yet. A silent null would look like an empty detail.
  if (action.isNew) throw new RequestFailure({ kind: "not-found-after-success", upstream: { status, ctxId } });
  return null;
}
