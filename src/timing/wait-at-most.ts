/** What a promise resolves with, or undefined if that takes longer than `timeoutMs`. Rejects as the promise does. */
export async function waitAtMost<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    // After a turn of the event loop, so that what has arrived while the process stood still is in time.
    timer = setTimeout(() => setImmediate(resolve, undefined), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
