// From contactswing-bff 0.1.0 (7af316fe): docs/clients/send-with-retries.ts. What changes is in docs/changelog.md.
import { type Failure, readFailure } from "./read-failure";

/** What a client makes of a response. With `errorPolicy: "all"` there can be both: an action, and an error about its details. */
export interface Result<Data> {
  readonly data?: Data | null | undefined;
  readonly error?: unknown;
}

export interface Waiting {
  readonly failure: Failure;
  readonly seconds: number;
}

export interface RetryOptions {
  /** Told what is waited for, and `undefined` at the end of the wait. */
  readonly onWait?: (waiting: Waiting | undefined) => void;
  /** Ends a wait: the last result counts. */
  readonly signal?: AbortSignal;
}

const maxAttempts = 3;
const maxSecondsInAll = 60;
/** Of one attempt, with the replacement of the token: longer than the service takes (REQUEST_TIMEOUT_MS). */
const maxAttemptSeconds = 45;

/** Sends a request, and sends it again as long as its error is `retryable`: three times within a minute, at most. */
export async function sendWithRetries<Data>(
  send: () => Promise<Result<Data>>,
  { onWait, signal }: RetryOptions = {},
): Promise<Result<Data>> {
  let secondsLeft = maxSecondsInAll;
  for (let attempt = 1; ; attempt += 1) {
    const result = await waitAtMost(maxAttemptSeconds, send()).catch((error: unknown): Result<Data> => ({ error }));
    const failure = readFailure(result.error);
    if (!failure?.retryable || attempt === maxAttempts) return result;
    const seconds = failure.retryAfterSeconds ?? 2 ** (attempt - 1);
    if (seconds > secondsLeft) return result;
    secondsLeft -= seconds;
    onWait?.({ failure, seconds });
    await wait(seconds, signal);
    onWait?.(undefined);
    if (signal?.aborted) return result;
  }
}

function waitAtMost<Value>(seconds: number, work: Promise<Value>): Promise<Value> {
  const isOver = new AbortController();
  const timeout = wait(seconds, isOver.signal).then((): never => {
    throw new Error(`There was no response within ${seconds} s.`);
  });
  return Promise.race([work, timeout]).finally(() => isOver.abort());
}

function wait(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
