import { readFailure } from "./read-failure";

/** What a client makes of a response. With `errorPolicy: "all"` there can be both: an action, and an error about its details. */
export interface Result<Data> {
  readonly data?: Data | null | undefined;
  readonly error?: unknown;
}

/** Sends a request, and sends it again as long as its error is `retryable`: at most `attempts` times in all. */
export async function sendWithRetries<Data>(send: () => Promise<Result<Data>>, attempts = 3): Promise<Result<Data>> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await send().catch((error: unknown): Result<Data> => ({ error }));
    const failure = readFailure(result.error);
    if (!failure?.retryable || attempt >= attempts) return result;
    await wait(failure.retryAfterSeconds ?? 2 ** (attempt - 1));
  }
}

const wait = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
