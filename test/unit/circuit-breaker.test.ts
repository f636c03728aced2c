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
  const wait = (milliseconds: number) => {
    time += milliseconds;
  };
  return { breaker, send, wait, changes };
}

type Step = (started: ReturnType<typeof start>) => void;
const send =
  (availability: Availability) =>
  (count = 1): Step =>
  (started) => {
    for (let sent = 0; sent < count; sent += 1) started.send(availability);
  };
const [succeed, fail, abandon] = [send("available"), send("unavailable"), send("undetermined")];
const wait =
  (milliseconds: number): Step =>
  (started) =>
    started.wait(milliseconds);

test.each<[what: string, state: string, steps: Step[], changes: string[]]>([
  ["19 failures", "closed", [fail(19)], []],
  ["20 failures", "open", [fail(20)], ["open"]],
  ["half of 20 requests failing", "open", [succeed(10), fail(10)], ["open"]],
  ["less than half of 20 requests failing", "closed", [succeed(11), fail(9)], []],
  ["a success as the twentieth request", "open", [fail(19), succeed()], ["open"]],
  ["an undetermined request, which does not count", "closed", [fail(19), abandon()], []],
  ["20 failures in 9.9 s", "open", [fail(19), wait(9900), fail()], ["open"]],
  ["20 failures in more than 10 s", "closed", [fail(19), wait(10_001), fail()], []],
  ["a request before 1 s has passed", "open", [fail(20), wait(999), succeed()], ["open"]],
  ["a probe that succeeds", "closed", [fail(20), wait(1000), succeed()], ["open", "closed"]],
  ["failures before a successful probe", "closed", [fail(20), wait(1000), succeed(), fail(19)], ["open", "closed"]],
  ["a probe that fails", "open", [fail(20), wait(1000), fail(), wait(1999), succeed()], ["open"]],
  ["an undetermined probe", "open", [fail(20), wait(1000), abandon()], ["open"]],
  ["a second probe at once", "closed", [fail(20), wait(1000), abandon(), succeed()], ["open", "closed"]],
])("after %s it is %s", (_what, state, steps, changes) => {
  const started = start();

  for (const step of steps) step(started);

  expect([started.breaker.state, started.changes]).toEqual([state, changes]);
});

test("one probe is admitted at a time", () => {
  const { breaker, send, wait } = start();
  for (let sent = 0; sent < 20; sent += 1) send("unavailable");
  wait(1000);

  const probe = breaker.admit() as Permit;

  expect([breaker.state, send("available")]).toEqual(["half-open", 1]);
  probe.report("available");
  expect([breaker.state, send("available")]).toEqual(["closed", "sent"]);
});

test("every failed probe doubles the pause, up to 30 s; once closed, it starts again at 1 s", () => {
  const { send, wait } = start();
  const pauses: unknown[] = [];
  const fail = () => send("unavailable");
  for (let sent = 0; sent < 20; sent += 1) fail();
  for (let probes = 0; probes < 7; probes += 1) {
    const seconds = Number(fail());
    pauses.push(seconds);
    wait(seconds * 1000);
    expect(fail()).toBe("sent");
  }

  expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30]);
  wait(30_000);
  send("available");
  for (let sent = 0; sent < 20; sent += 1) fail();
  expect(fail()).toBe(1);
});

test("requests that were in flight when it opened decide nothing", () => {
  const { breaker, send, wait } = start();
  const [last, ...others] = Array.from({ length: 21 }, () => breaker.admit() as Permit);
  for (let sent = 0; sent < 20; sent += 1) send("unavailable");

  for (const permit of others) permit.report("unavailable");

  // Otherwise the pause would have doubled.
  expect(send("available")).toBe(1);
  wait(1000);
  breaker.admit();
  last?.report("available");
  expect(breaker.state).toBe("half-open");
});
