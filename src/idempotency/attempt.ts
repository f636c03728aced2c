import { CallFailure } from "../failures/failure.ts";
import { failureTable } from "../failures/failure-table.ts";
import type { Ending } from "./idempotency-store.ts";
import { sealAnswer } from "./sealed-answer.ts";

/** A create that was tried once: what becomes of its key, and its answer or what it threw. */
export interface Attempt<Answer> {
  readonly ending: Ending;
  readonly conclude: () => Answer;
}

/** Runs a create once and says what becomes of its key. Never rejects. */
export async function attempt<Answer>(create: () => Promise<Answer>, sealKey: Buffer): Promise<Attempt<Answer>> {
  try {
    const answer = await create();
    const sealedAnswer = sealAnswer(answer, sealKey);
    return { ending: { state: "created", sealedAnswer }, conclude: () => answer };
  } catch (error) {
    const conclude = () => {
      throw error;
    };
    return { ending: endingOf(error), conclude };
  }
}

/** A key is given back only after a failure that is sure to have created nothing. A bug is sure of nothing. */
function endingOf(error: unknown): Ending {
  const { outcome } = error instanceof CallFailure ? failureTable[error.failure.kind] : failureTable.bug;
  return outcome === "NOT_CREATED" ? { state: "free" } : { state: "unknown", outcome };
}
