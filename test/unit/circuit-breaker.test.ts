import { expect, test } from "@jest/globals";
import { createCircuitBreaker, type Finding, type Permit } from "../../src/contactswing/circuit-breaker.ts";

function start() {
  let time = 0;
  const changes: string[] = [];
  const breaker = createCircuitBreaker(
    () => time,
    (state) => changes.push(state),
  );
  /** Sends a request, unless the breaker says for how many seconds not to. */
  const send = (finding: Finding, caller = "a") => {
    const permit = breaker.admit(caller);
    if ("retryAfterSeconds" in permit) return permit.retryAfterSeconds;
    permit.report(finding);
    return "sent";
  };
  const wait = (milliseconds: number) => {
    time += milliseconds;
  };
  return { breaker, send, wait, changes };
}

type Step = (started: ReturnType<typeof start>) => void;
const send =
  (finding: Finding, caller?: string) =>
  (count = 1): Step =>
  (started) => {
    for (let sent = 0; sent < count; sent += 1) started.send(finding, caller);
  };
const [succeed, fail, abandon] = [send("available"), send("unreachable"), send("undetermined")];
const [failA, failB] = [send("unresponsive", "a"), send("unresponsive", "b")];
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
  ["one caller meeting no response", "closed", [failA(100)], []],
  ["two callers meeting no response", "open", [failA(10), failB(10)], ["open"]],
  [
    "one caller meeting no response and another one ten seconds later",
    "closed",
    [failA(19), wait(10_001), failB()],
    [],
  ],
  ["one caller meeting no response beside half as many without a connection", "closed", [failA(12), fail(9)], []],
  ["no connection for half of the requests", "open", [failA(10), fail(10)], ["open"]],
  ["a probe without a response", "open", [fail(20), wait(1000), failA(), wait(1999), succeed()], ["open"]],
  ["a second probe at once", "closed", [fail(20), wait(1000), abandon(), succeed()], ["open", "closed"]],
])("after %s it is %s", (_what, state, steps, changes) => {
  const started = start();

  for (const step of steps) step(started);

  expect([started.breaker.state, started.changes]).toEqual([state, changes]);
});

test("one probe is admitted at a time", () => {
  const { breaker, send, wait } = start();
  for (let sent = 0; sent < 20; sent += 1) send("unreachable");
  wait(1000);

  const probe = breaker.admit("a") as Permit;

  expect([breaker.state, send("available")]).toEqual(["half-open", 1]);
  probe.report("available");
  expect([breaker.state, send("available")]).toEqual(["closed", "sent"]);
});

test("every failed probe doubles the pause, up to 10 s; once closed, it starts again at 1 s", () => {
  const { send, wait } = start();
  const pauses: unknown[] = [];
  const fail = () => send("unreachable");
  for (let sent = 0; sent < 20; sent += 1) fail();
  for (let probes = 0; probes < 7; probes += 1) {
    const seconds = Number(fail());
    pauses.push(seconds);
    wait(seconds * 1000);
    expect(fail()).toBe("sent");
  }

  expect(pauses).toEqual([1, 2, 4, 8, 10, 10, 10]);
  wait(10_000);
  send("available");
  for (let sent = 0; sent < 20; sent += 1) fail();
  expect(fail()).toBe(1);
});

test("requests that were in flight when it opened decide nothing", () => {
  const { breaker, send, wait } = start();
  const [last, ...others] = Array.from({ length: 21 }, () => breaker.admit("a") as Permit);
  for (let sent = 0; sent < 20; sent += 1) send("unreachable");

  for (const permit of others) permit.report("unreachable");

  // Otherwise the pause would have doubled.
  expect(send("available")).toBe(1);
  wait(1000);
  breaker.admit("a");
  last?.report("available");
  expect(breaker.state).toBe("half-open");
});

test("the caller whose probe got no response lets others go first", () => {
  const { send, wait } = start();
  for (let sent = 0; sent < 20; sent += 1) send("unreachable");
  wait(1000);
  expect(send("unresponsive", "a")).toBe("sent");

  wait(2000);
  expect(send("available", "a")).toBe(2);
  expect(send("available", "b")).toBe("sent");
});

test("what another breaker found out about connections counts as well", () => {
  const { breaker } = start();

  for (let count = 0; count < 20; count += 1) breaker.countUnreachable();

  expect(breaker.state).toBe("open");
});
