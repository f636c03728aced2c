import type { Failure } from "./read-failure";

/** What to tell the user after a create request that failed. `undefined`: the service did not respond at all. */
export function explainFailure(failure: Failure | undefined): string {
  if (failure === undefined) {
    return "There was no response. Try again: the form's key makes sure that only one action is created.";
  }
  switch (failure.outcome) {
    case "CREATED":
      return "The action was created, but its details could not be loaded. Reload the list of actions.";
    case "UNKNOWN":
      return `The action may have been created. Look at the list of actions before you create it again. (${failure.requestId})`;
  }
  switch (failure.code) {
    case "BAD_USER_INPUT":
      return failure.fieldErrors === undefined
        ? `Nothing was created: ${failure.message}`
        : "Nothing was created. Correct the marked fields.";
    case "CONFLICT":
      return `Nothing was created: ${failure.message}`;
    case "UNAUTHENTICATED":
      return "Nothing was created: your session has ended. Sign in and try again.";
    case "FORBIDDEN":
      return "Nothing was created: you are not allowed to create actions.";
  }
  if (failure.retryable) return "Nothing was created: the service is busy. Try again in a moment.";
  return `Nothing was created, and trying again will not help. Contact support. (${failure.requestId})`;
}
