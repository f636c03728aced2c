import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { createEventLoopGauge } from "../../src/http/event-loop-gauge.ts";
import { limits } from "../../src/limits.ts";

const { delayMs: maxDelayMs, lastingDelayMs } = limits.eventLoop;
const tickMs = 50;
const hour = 3_600_000;
const turnsOf = (count: number, delayMs: number): number[] => Array(count).fill(delayMs);
const lastingTurns = Math.ceil(lastingDelayMs / (maxDelayMs + 1));

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

/** A gauge after turns of the event loop at whose ends its timer ran late by so much. */
function startAfter(turns: readonly number[]) {
  let time = 0;
  const reported: number[] = [];
  const gauge = createEventLoopGauge(
    () => time,
    (delayMs) => reported.push(delayMs),
  );
  for (const delayMs of turns) {
    time += tickMs + delayMs;
    jest.advanceTimersByTime(tickMs);
  }
  const endOfTurn = time;
  /** Whether a request is rejected that is handled when the gauge's timer should have run so long ago. */
  const isRejected = (delayMs: number) => {
    time = endOfTurn + tickMs + delayMs;
    return gauge.isOverloaded();
  };
  return { isRejected, reported };
}

test.each<[what: string, turns: number[], handled: number[], rejected: number[]]>([
  ["everything until every turn has been long for a while", turnsOf(lastingTurns - 1, maxDelayMs + 1), [hour], []],
  [
    "only what comes early in a turn from then on",
    turnsOf(lastingTurns, maxDelayMs + 1),
    [0, maxDelayMs],
    [maxDelayMs + 1, hour],
  ],
  ["everything from the first turn that is on time", [...turnsOf(100, maxDelayMs * 2), maxDelayMs], [hour], []],
  ["everything after three pauses, however long", turnsOf(3, hour), [hour], []],
  ["only what comes early in a turn after a fourth one", [...turnsOf(3, hour), 500], [0], [hour]],
  ["requests for most of a turn if rejecting others makes turns long", turnsOf(10, 1000), [799], [801]],
])("handles %s", (_what, turns, handled, rejected) => {
  const { isRejected } = startAfter(turns);

  expect(handled.filter(isRejected)).toEqual([]);
  expect(rejected.filter(isRejected)).toEqual(rejected);
});

test("reports every delay, never a negative one", () => {
  expect(startAfter([0, 7, -3]).reported).toEqual([0, 7, 0]);
});
