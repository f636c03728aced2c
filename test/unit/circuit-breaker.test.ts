import { expect, test } from "@jest/globals";
import {
  type Availability,
  type CircuitBreaker,
  createCircuitBreaker,
} from "../../src/contactswing/circuit-breaker.ts";

function start() {
  let time = 0;
  const changes: string[] = [];
  const breaker = createCircuitBreaker(
    () => time,
    (state) => changes.push(state),
  );
  const advance = (milliseconds: number) => {
    time += milliseconds;
  };
  return { breaker, advance, changes };
}

/** Sends a request, unless the breaker says for how many seconds not to. */
function send(breaker: CircuitBreaker, availability: Availability): "sent" | number {
  const permit = breaker.admit();
  if ("retryAfterSeconds" in permit) return permit.retryAfterSeconds;
  permit.report(availability);
  return "sent";
}

function sendMany(breaker: CircuitBreaker, unavailable: number, available = 0): void {
  for (let index = 0; index < available; index += 1) send(breaker, "available");
  for (let index = 0; index < unavailable; index += 1) send(breaker, "unavailable");
}

test.each([
  [19, 0, "closed"],
  [20, 0, "open"],
  [10, 10, "open"],
  [9, 11, "closed"],
  [49, 51, "closed"],
  [50, 50, "open"],
] as const)("after %i failures and %i other requests in 10 s it is %3$s", (unavailable, available, state) => {
  const { breaker } = start();

  sendMany(breaker, unavailable, available);

  expect(breaker.state).toBe(state);
});

test("also a request that succeeds may be the twentieth, and one that is undetermined does not count", () => {
  const { breaker } = start();
  sendMany(breaker, 19);

  send(breaker, "undetermined");
  expect(breaker.state).toBe("closed");
  send(breaker, "available");

  expect(breaker.state).toBe("open");
});

test("requests count for 10 s, within a tenth of a second", () => {
  for (const [ageMs, state] of [
    [9900, "open"],
    [10_001, "closed"],
  ] as const) {
    const { breaker, advance } = start();
    sendMany(breaker, 19);
    advance(ageMs);
    send(breaker, "unavailable");

    expect(breaker.state).toBe(state);
  }
});

test("requests that end within a tenth of a second are forgotten together, so that there is little to remember", () => {
  const states = [99, 100].map((apartMs) => {
    const { breaker, advance } = start();
    send(breaker, "available");
    advance(apartMs);
    sendMany(breaker, 19, 20);
    advance(10_000 - apartMs);
    send(breaker, "unavailable");
    return breaker.state;
  });

  expect(states).toEqual(["closed", "open"]);
});

test("requests that are spread over the 10 s count", () => {
  const { breaker, advance } = start();
  for (let index = 0; index < 20; index += 1) {
    expect(breaker.state).toBe("closed");
    send(breaker, "unavailable");
    advance(450);
  }

  expect(breaker.state).toBe("open");
});

test("it admits nothing for 1 s, then one probe at a time, and closes after one that finds the upstream available", () => {
  const { breaker, advance, changes } = start();
  sendMany(breaker, 20);

  expect(send(breaker, "available")).toBe(1);
  advance(999);
  expect(send(breaker, "available")).toBe(1);
  advance(1);
  const probe = breaker.admit();
  expect(breaker.state).toBe("half-open");
  expect(send(breaker, "available")).toBe(1);
  if ("report" in probe) probe.report("available");

  expect(breaker.state).toBe("closed");
  expect(send(breaker, "unavailable")).toBe("sent");
  expect(breaker.state).toBe("closed");
  expect(changes).toEqual(["open", "closed"]);
});

test("a probe that is undetermined neither closes it nor doubles the pause: another one follows at once", () => {
  const { breaker, advance } = start();
  sendMany(breaker, 20);
  advance(1000);

  expect(send(breaker, "undetermined")).toBe("sent");

  expect(breaker.state).toBe("open");
  expect(send(breaker, "available")).toBe("sent");
  expect(breaker.state).toBe("closed");
});

test("every failed probe doubles the pause, up to 30 s; once closed, it starts again at 1 s", () => {
  const { breaker, advance, changes } = start();
  sendMany(breaker, 20);
  const pauses: number[] = [];
  for (let probes = 0; probes < 7; probes += 1) {
    const seconds = send(breaker, "unavailable") as number;
    pauses.push(seconds);
    advance(seconds * 1000);
    expect(send(breaker, "unavailable")).toBe("sent");
  }

  expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30]);
  expect(changes).toEqual(["open"]);
  advance(30_000);
  send(breaker, "available");
  sendMany(breaker, 20);
  expect(send(breaker, "unavailable")).toBe(1);
});

test("requests that were in flight when it opened decide nothing", () => {
  const { breaker, advance } = start();
  const old = Array.from({ length: 20 }, () => breaker.admit());
  const last = breaker.admit();
  sendMany(breaker, 20);

  for (const permit of old) if ("report" in permit) permit.report("unavailable");

  // Otherwise the pause would have doubled.
  expect(send(breaker, "available")).toBe(1);
  advance(1000);
  breaker.admit();
  if ("report" in last) last.report("available");

  expect(breaker.state).toBe("half-open");
});
