import { RequestFailure } from "../failures/failure.ts";
import { failureTable } from "../failures/failure-table.ts";
import type { Ending } from "./idempotency-store.ts";
import { sealResponse } from "./sealed-response.ts";

/** Limits what one key can take. ContactSwing's responses have a few hundred characters, an action's name included. */
export const maxSealedCharacters = 8192;

/** A create request that was sent once: what becomes of its key, and its response or what it threw. */
export interface Attempt<Response> {
  readonly ending: Ending;
  readonly conclude: () => Response;
}

/** Runs a create request once and determines what becomes of its key. Never rejects. */
export async function attempt<Response>(create: () => Promise<Response>, sealKey: Buffer): Promise<Attempt<Response>> {
  try {
    const response = await create();
    return { ending: toCreatedEnding(sealResponse(response, sealKey)), conclude: () => response };
  } catch (error) {
    const conclude = () => {
      throw error;
    };
    return { ending: toFailedEnding(error), conclude };
  }
}

function toCreatedEnding(sealedResponse: string): Ending {
  if (sealedResponse.length > maxSealedCharacters) return { state: "unknown", outcome: "CREATED" };
  return { state: "created", sealedResponse };
}

/** A key is released only after a failure that certainly created nothing. After a bug nothing is certain. */
function toFailedEnding(error: unknown): Ending {
  const { outcome } = error instanceof RequestFailure ? failureTable[error.failure.kind] : failureTable.bug;
  return outcome === "NOT_CREATED" ? { state: "free" } : { state: "unknown", outcome };
}
