import { expect, test } from "@jest/globals";
import { type Availability, createCircuitBreaker, type Permit } from "../../src/contactswing/circuit-breaker.ts";

function start() {
  let time = 0;
  const changes: string[] = [];
  const breaker = createCircuitBreaker(
    () => time,
    (state) => changes.push(state),
  );
  /** Sends a request, unless the breaker says for how many seconds not to. */
  const send = (availability: Availability) => {
    const permit = breaker.admit();
    if ("retryAfterSeconds" in permit) return permit.retryAfterSeconds;
    permit.report(availability);
    return "sent";
  };
  const sendMany = (count: number, availability: Availability) => {
    for (let index = 0; index < count; index += 1) send(availability);
  };
  const advance = (milliseconds: number) => {
    time += milliseconds;
  };
  return { breaker, send, sendMany, advance, changes };
}

test.each([
  [19, 0, "closed"],
  [20, 0, "open"],
  [10, 10, "open"],
  [9, 11, "closed"],
])("after %i failures and %i other requests in 10 s it is %3$s", (failures, others, state) => {
  const { breaker, sendMany } = start();

  sendMany(others, "available");
  sendMany(failures, "unavailable");

  expect(breaker.state).toBe(state);
});

test("also a request that succeeds may be the twentieth, and one that is undetermined does not count", () => {
  const { breaker, send, sendMany } = start();
  sendMany(19, "unavailable");

  send("undetermined");
  expect(breaker.state).toBe("closed");
  send("available");

  expect(breaker.state).toBe("open");
});

test.each([
  [9900, "open"],
  [10_001, "closed"],
])("with 19 failures %i ms ago and one now it is %s", (ageMs, state) => {
  const { breaker, send, sendMany, advance } = start();
  sendMany(19, "unavailable");
  advance(ageMs);

  send("unavailable");

  expect(breaker.state).toBe(state);
});

test("it admits nothing for 1 s, then one probe at a time, and closes after one that finds the upstream available", () => {
  const { breaker, send, sendMany, advance, changes } = start();
  sendMany(20, "unavailable");

  advance(999);
  expect(send("available")).toBe(1);
  advance(1);
  const probe = breaker.admit() as Permit;
  expect(breaker.state).toBe("half-open");
  expect(send("available")).toBe(1);
  probe.report("available");

  expect(breaker.state).toBe("closed");
  expect(send("unavailable")).toBe("sent");
  expect(breaker.state).toBe("closed");
  expect(changes).toEqual(["open", "closed"]);
});

test("a probe that is undetermined neither closes it nor doubles the pause: another one follows at once", () => {
  const { breaker, send, sendMany, advance } = start();
  sendMany(20, "unavailable");
  advance(1000);

  expect(send("undetermined")).toBe("sent");

  expect(breaker.state).toBe("open");
  expect(send("available")).toBe("sent");
  expect(breaker.state).toBe("closed");
});

test("every failed probe doubles the pause, up to 30 s; once closed, it starts again at 1 s", () => {
  const { send, sendMany, advance, changes } = start();
  sendMany(20, "unavailable");
  const pauses: number[] = [];
  for (let probes = 0; probes < 7; probes += 1) {
    const seconds = Number(send("unavailable"));
    pauses.push(seconds);
    advance(seconds * 1000);
    expect(send("unavailable")).toBe("sent");
  }

  expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30]);
  expect(changes).toEqual(["open"]);
  advance(30_000);
  send("available");
  sendMany(20, "unavailable");
  expect(send("unavailable")).toBe(1);
});

test("requests that were in flight when it opened decide nothing", () => {
  const { breaker, send, sendMany, advance } = start();
  const [last, ...others] = Array.from({ length: 21 }, () => breaker.admit() as Permit);
  sendMany(20, "unavailable");

  for (const permit of others) permit.report("unavailable");

  // Otherwise the pause would have doubled.
  expect(send("available")).toBe(1);
  advance(1000);
  breaker.admit();
  last?.report("available");
  expect(breaker.state).toBe("half-open");
});
