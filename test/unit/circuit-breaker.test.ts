import { expect, test } from "@jest/globals";
import { type CircuitBreaker, createCircuitBreaker } from "../../src/contactswing/circuit-breaker.ts";

function startClock() {
  let time = 0;
  const breaker = createCircuitBreaker(() => time);
  return {
    breaker,
    advance: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

function call(breaker: CircuitBreaker, isFailure: boolean): "sent" | number {
  const permit = breaker.admit();
  if ("retryAfterSeconds" in permit) return permit.retryAfterSeconds;
  permit.report(isFailure);
  return "sent";
}

function calls(breaker: CircuitBreaker, failures: number, successes: number): void {
  for (let index = 0; index < successes; index++) call(breaker, false);
  for (let index = 0; index < failures; index++) call(breaker, true);
}

test.each([
  [19, 0, "closed"],
  [20, 0, "open"],
  [10, 10, "open"],
  [9, 11, "closed"],
  [49, 51, "closed"],
  [50, 50, "open"],
] as const)("is after %i failures and %i answers in 10 s: %s %s", (failures, successes, state) => {
  const { breaker } = startClock();

  calls(breaker, failures, successes);

  expect(breaker.state).toBe(state);
});

test("looks at the share whenever a call ends, also when that one was answered", () => {
  const { breaker } = startClock();
  calls(breaker, 19, 0);
  expect(breaker.state).toBe("closed");

  call(breaker, false);

  expect(breaker.state).toBe("open");
});

test("remembers a call for all of the 10 s", () => {
  const { breaker, advance } = startClock();
  call(breaker, false);
  advance(950);
  calls(breaker, 19, 0);
  // The first call is forgotten with its part of the window, the others are not.
  advance(9500);
  call(breaker, true);

  expect(breaker.state).toBe("open");
});

test("forgets calls that are older than 10 s", () => {
  const { breaker, advance } = startClock();
  calls(breaker, 19, 0);

  advance(10_001);
  call(breaker, true);

  expect(breaker.state).toBe("closed");
});

test("forgets calls together that ended within less than a tenth of a second, so that it has little to remember", () => {
  const together = startClock();
  call(together.breaker, false);
  together.advance(99);
  calls(together.breaker, 19, 20);
  together.advance(9901);
  call(together.breaker, true);

  const apart = startClock();
  call(apart.breaker, false);
  apart.advance(100);
  calls(apart.breaker, 19, 20);
  apart.advance(9900);
  call(apart.breaker, true);

  expect([together.breaker.state, apart.breaker.state]).toEqual(["closed", "open"]);
});

test("counts calls that are spread over the window", () => {
  const { breaker, advance } = startClock();
  for (let index = 0; index < 20; index++) {
    expect(breaker.state).toBe("closed");
    call(breaker, true);
    advance(450);
  }

  expect(breaker.state).toBe("open");
});

test("lets nothing out for 1 s, then one probe at a time, and closes when it is answered", () => {
  const { breaker, advance } = startClock();
  calls(breaker, 20, 0);

  expect(call(breaker, false)).toBe(1);
  advance(999);
  expect(call(breaker, false)).toBe(1);
  advance(1);
  const probe = breaker.admit();
  expect(breaker.state).toBe("half-open");
  expect(call(breaker, false)).toBe(1);
  if ("report" in probe) probe.report(false);

  expect(breaker.state).toBe("closed");
  expect(call(breaker, true)).toBe("sent");
  expect(breaker.state).toBe("closed");
});

test("doubles the pause with every failed probe, up to 30 s, and starts again at 1 s", () => {
  const { breaker, advance } = startClock();
  calls(breaker, 20, 0);
  const pauses: number[] = [];
  for (let probes = 0; probes < 7; probes++) {
    const seconds = call(breaker, true) as number;
    pauses.push(seconds);
    advance(seconds * 1000);
    expect(call(breaker, true)).toBe("sent");
  }

  expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30]);
  advance(30_000);
  call(breaker, false);
  calls(breaker, 20, 0);
  expect(call(breaker, true)).toBe(1);
});

test("does not let calls from before decide in the probe's place", () => {
  const { breaker, advance } = startClock();
  const old = Array.from({ length: 20 }, () => breaker.admit());
  const last = breaker.admit();
  calls(breaker, 20, 0);

  for (const permit of old) if ("report" in permit) permit.report(true);

  // Else the pause would have doubled.
  expect(call(breaker, false)).toBe(1);
  advance(1000);
  breaker.admit();

  if ("report" in last) last.report(false);

  expect(breaker.state).toBe("half-open");
});
