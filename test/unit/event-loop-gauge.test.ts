import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import {
  createEventLoopGauge,
  type EventLoopGauge,
  lastingDelayMs,
  maxDelayMs,
} from "../../src/http/event-loop-gauge.ts";

const tickMs = 50;
let time = 0;
let gauge: EventLoopGauge;
let delays: number[];

beforeEach(() => {
  jest.useFakeTimers();
  time = 0;
  delays = [];
  gauge = createEventLoopGauge(
    () => time,
    (delayMs) => delays.push(delayMs),
  );
});

afterEach(() => {
  gauge.stop();
  jest.useRealTimers();
});

/** One turn of the event loop, at the end of which the gauge's timer runs late by so much. */
function turn(delayMs: number): void {
  time += tickMs + delayMs;
  jest.advanceTimersByTime(tickMs);
}

/** Whether a request is rejected that is handled when the gauge's timer should have run so long ago. */
function isRejected(delayMs: number): boolean {
  const before = time;
  time += tickMs + delayMs;
  const isOverloaded = gauge.isOverloaded();
  time = before;
  return isOverloaded;
}

test("rejects requests that are handled late in a turn once every turn has been long, not those that are handled early", () => {
  for (let sum = 0; sum < lastingDelayMs; sum += maxDelayMs + 1) {
    expect(isRejected(maxDelayMs * 5)).toBe(false);
    turn(maxDelayMs + 1);
  }

  expect(isRejected(maxDelayMs + 1)).toBe(true);
  expect(isRejected(maxDelayMs)).toBe(false);
  expect(isRejected(0)).toBe(false);
});

test("rejects nothing from the first turn that is on time", () => {
  for (let count = 0; count < 100; count += 1) turn(maxDelayMs * 2);
  expect(isRejected(maxDelayMs * 5)).toBe(true);

  turn(maxDelayMs);

  expect(isRejected(maxDelayMs * 5)).toBe(false);
});

test("counts one pause, however long, as a quarter of a lasting delay", () => {
  for (let count = 0; count < 3; count += 1) {
    turn(3_600_000);
    expect(isRejected(3_600_000)).toBe(false);
  }
  turn(500);

  expect(isRejected(3_600_000)).toBe(true);
});

test("handles requests for most of a turn if rejecting the others makes turns long", () => {
  for (let count = 0; count < 10; count += 1) turn(1000);

  expect(isRejected(799)).toBe(false);
  expect(isRejected(801)).toBe(true);
});

test("reports every delay, never a negative one", () => {
  for (const delayMs of [0, 7, -3]) turn(delayMs);

  expect(delays).toEqual([0, 7, 0]);
});
