import { afterEach, expect, jest, test } from "@jest/globals";
import { sendWithRetries } from "./recipes/send-with-retries";

afterEach(() => {
  jest.useRealTimers();
});

test("a request without a response ends after 45 s", async () => {
  jest.useFakeTimers();
  let ended: unknown;
  void sendWithRetries(() => new Promise<never>(() => undefined)).then((result) => {
    ended = result;
  });

  await jest.advanceTimersByTimeAsync(44_999);
  expect(ended).toBeUndefined();
  await jest.advanceTimersByTimeAsync(1);
  expect(ended).toEqual({ error: new Error("There was no response within 45 s.") });
});

test("the time limit of a request that has a response leaves no timer behind", async () => {
  jest.useFakeTimers();
  expect(await sendWithRetries(async () => ({ data: 1 }))).toEqual({ data: 1 });
  expect(jest.getTimerCount()).toBe(0);
});
