import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { within } from "../../src/idempotency/within.ts";

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

test("gives what came in time, and leaves no timer behind", async () => {
  expect(await within(Promise.resolve("value"), 1000)).toBe("value");
  expect(jest.getTimerCount()).toBe(0);
});

test("passes a failure on, and leaves no timer behind", async () => {
  await expect(within(Promise.reject(new Error("failed")), 1000)).rejects.toThrow("failed");
  expect(jest.getTimerCount()).toBe(0);
});

test("gives undefined when the time is over", async () => {
  const late = within(new Promise(() => undefined), 1000);
  jest.advanceTimersByTime(1000);

  expect(await late).toBeUndefined();
});
