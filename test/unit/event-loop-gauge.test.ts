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

beforeEach(() => {
  jest.useFakeTimers();
  time = 0;
  gauge = createEventLoopGauge(() => time);
});

afterEach(() => {
  gauge.stop();
  jest.useRealTimers();
});

/** One turn of the event loop, at whose end the gauge's timer runs late by so much. */
function turn(delayMs: number): void {
  time += tickMs + delayMs;
  jest.advanceTimersByTime(tickMs);
}

/** Whether a call is refused that comes up when the gauge's timer should have run so long ago. */
function isRefused(delayMs: number): boolean {
  const before = time;
  time += tickMs + delayMs;
  const refused = gauge.isOverloaded();
  time = before;
  return refused;
}

test("refuses calls that come late in a turn once every turn has been long, and not those that come early", () => {
  for (let sum = 0; sum < lastingDelayMs; sum += maxDelayMs + 1) {
    expect(isRefused(maxDelayMs * 5)).toBe(false);
    turn(maxDelayMs + 1);
  }

  expect(isRefused(maxDelayMs + 1)).toBe(true);
  expect(isRefused(maxDelayMs)).toBe(false);
  expect(isRefused(0)).toBe(false);
});

test("refuses nothing from the first turn on that is in time", () => {
  for (let count = 0; count < 100; count += 1) turn(maxDelayMs * 2);
  expect(isRefused(maxDelayMs * 5)).toBe(true);

  turn(maxDelayMs);

  expect(isRefused(maxDelayMs * 5)).toBe(false);
});

test("refuses nothing while long turns take turns with short ones", () => {
  for (let count = 0; count < 100; count += 1) {
    turn(maxDelayMs * 5);
    turn(0);
    expect(isRefused(maxDelayMs * 5)).toBe(false);
  }
});

test("takes one pause, however long, for a quarter of what it needs", () => {
  for (let count = 0; count < 3; count += 1) {
    turn(3_600_000);
    expect(isRefused(3_600_000)).toBe(false);
  }
  turn(500);

  expect(isRefused(3_600_000)).toBe(true);
});

test("answers calls for most of a turn when refusing the others makes turns long", () => {
  for (let count = 0; count < 10; count += 1) turn(1000);

  expect(isRefused(799)).toBe(false);
  expect(isRefused(801)).toBe(true);
});
