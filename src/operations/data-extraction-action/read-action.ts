import { RequestFailure } from "../../failures/failure.ts";
import type { RequestContext } from "../../request-context.ts";
import type { ActionDetails, DataExtractionAction } from "./data-extraction-action.ts";
import { dataExtractionType } from "./parse-action.ts";
import { getAction, type ReadAction } from "./rest.ts";

/** Reads an action; null if there is no data extraction action with this ID. @throws RequestFailure */
export async function readAction(id: string, context: RequestContext): Promise<DataExtractionAction | null> {
  const action = await readById(id, context);
  return action && { id, name: action.name, type: dataExtractionType, knownDetails: action, isNew: false };
}

/** One detail of an action: as it came with the action, or read by ID once per request. @throws RequestFailure */
export async function readDetail<Name extends keyof ActionDetails>(
  name: Name,
  { id, knownDetails, isNew }: DataExtractionAction,
  context: RequestContext,
): Promise<ActionDetails[Name] | null> {
  const known = knownDetails[name];
  if (known !== undefined) return known;
  const details: ActionDetails | null = await readById(id, context);
  // ContactSwing may not have replicated the action yet. A silent null would look like an empty detail.
  if (details === null && isNew) {
    throw new RequestFailure({ kind: "not-found-after-created", upstream: { status: 404, ctxId: null } });
  }
  return details === null ? null : details[name];
}

async function readById(id: string, { authenticate, contactSwing }: RequestContext): Promise<ReadAction | null> {
  if (isUsableId(id)) return contactSwing.readOnce(getAction, { id }, id);
  await authenticate();
  return null;
}

/** An ID is one path segment: an empty one or dots would be normalized away, a lone surrogate has no UTF-8 form. */
function isUsableId(id: string): boolean {
  return !/^\.*$/.test(id) && id.isWellFormed();
}
