// From contactswing-bff 0.1.0 (ffaccc0d): docs/clients/explain-failure.ts. What changes is in docs/changelog.md.
import type { Failure } from "./read-failure";

/** Whether the action exists, or may exist, although the request failed. */
export function mayHaveCreated(failure: Failure | undefined): boolean {
  return failure?.outcome === "CREATED" || failure?.outcome === "UNKNOWN";
}

/** Whether the same request can be sent again with the same idempotency key, and may succeed then. */
export function canSendAgain({ code, outcome, retryable }: Failure): boolean {
  return outcome !== "CREATED" && (retryable === true || code === "UNAUTHENTICATED");
}

/**
 * What to tell the user after a create request that failed.
 * @param mayExist whether an earlier attempt with the same key may have created the action: `outcome` describes this one.
 */
export function explainFailure(failure: Failure, mayExist: boolean): string {
  const { code, outcome, message, requestId } = failure;
  if (outcome === "CREATED") return "The action was created, but its details could not be loaded.";
  if (canSendAgain(failure)) {
    const state =
      outcome === "UNKNOWN" || mayExist
        ? "The action may have been created by an earlier attempt. Trying again does not create a second one"
        : "Nothing was created";
    return code === "UNAUTHENTICATED"
      ? `${state}. Your session has ended: sign in as the same user, then try again.`
      : `${state}. ${explainWait(failure)} Try again ${explainDelay(failure.retryAfterSeconds)}.`;
  }
  if (outcome === "UNKNOWN") return `The action may have been created. (${requestId})`;

  const state = mayExist ? "This attempt created nothing, but an earlier one may have" : "Nothing was created";
  switch (code) {
    case "BAD_USER_INPUT":
      return failure.fieldErrors === undefined ? `${state}: ${message}` : `${state}. Some fields have errors.`;
    case "CONFLICT":
    case "FORBIDDEN":
      return `${state}: ${message}`;
    default:
      return `${state}: ${message} Trying again will not help. Contact support. (${requestId})`;
  }
}

/** What is waited for before a request is sent again. */
export function explainWait({ code }: Failure): string {
  switch (code) {
    case "RATE_LIMITED":
      return "ContactSwing accepts no more requests for now.";
    case "UPSTREAM_UNAVAILABLE":
      return "ContactSwing cannot be reached.";
    default:
      return "The service cannot process the request now.";
  }
}

function explainDelay(seconds: number | undefined): string {
  if (seconds === undefined) return "in a moment";
  return seconds < 120 ? `in ${seconds} s` : `in ${Math.ceil(seconds / 60)} minutes`;
}
