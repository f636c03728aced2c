import { CallFailure } from "../failures/failure.ts";
import { failureTable } from "../failures/failure-table.ts";
import type { Ending } from "./idempotency-store.ts";
import { sealAnswer } from "./sealed-answer.ts";

/** Bounds what one key can take; ContactSwing's answers are a few hundred characters, an action's name included. */
export const maxSealedCharacters = 8192;

/** A create that was tried once: what becomes of its key, and its answer or what it threw. */
export interface Attempt<Answer> {
  readonly ending: Ending;
  readonly conclude: () => Answer;
}

/** Runs a create once and says what becomes of its key. Never rejects. */
export async function attempt<Answer>(create: () => Promise<Answer>, sealKey: Buffer): Promise<Attempt<Answer>> {
  try {
    const answer = await create();
    return { ending: remember(sealAnswer(answer, sealKey)), conclude: () => answer };
  } catch (error) {
    const conclude = () => {
      throw error;
    };
    return { ending: endingOf(error), conclude };
  }
}

function remember(sealedAnswer: string): Ending {
  if (sealedAnswer.length > maxSealedCharacters) return { state: "unknown", outcome: "CREATED" };
  return { state: "created", sealedAnswer };
}

/** A key is given back only after a failure that is sure to have created nothing. A bug is sure of nothing. */
function endingOf(error: unknown): Ending {
  const { outcome } = error instanceof CallFailure ? failureTable[error.failure.kind] : failureTable.bug;
  return outcome === "NOT_CREATED" ? { state: "free" } : { state: "unknown", outcome };
}
