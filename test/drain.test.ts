import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { create, createMutation, type GraphqlResponse, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { eventually, isRefused, runProcess, startProcess, watchProcess } from "./helpers/process.ts";
import { openConnection } from "./helpers/raw-http.ts";
import { endsWithLargeResponse, longAction, requestLargeResponse } from "./helpers/slow-client.ts";
import { hold, startUpstream } from "./helpers/upstream.ts";

const token = { authorization: "Bearer t" };
const faults = { NODE_OPTIONS: `--import=${new URL("helpers/faults.mjs", import.meta.url).pathname}` };

/** The built service in front of an upstream that responds to nothing until it is told to. */
async function startHolding(environment: Record<string, string> = {}) {
  const { respond, release } = hold();
  const upstream = await startUpstream(respond);
  return { ...(await startProcess({ CONTACTSWING_URL: upstream.url, ...environment })), upstream, release };
}

const idOf = ({ body }: GraphqlResponse) => body.data?.createDataExtractionAction?.action.id;

test("drains on SIGTERM: not ready at once, still accepting requests, those in flight finish, exit 0", async () => {
  const { url, child, exit, lines, upstream, release } = await startHolding({ SHUTDOWN_DELAY_MS: "1000" });
  const slow = create(url, { name: "slow", webhook: {} }, token);
  await eventually(() => upstream.received.length === 1);

  child.kill("SIGTERM");
  await eventually(() => lines().find(({ message }) => message === "stopping"));
  const readiness = await fetch(`${url}/health/ready`).then(({ status }) => status);
  const accepted = await create(url, { name: "", webhook: {} }, token);
  await eventually(() => isRefused(url));
  release();

  expect(readiness).toBe(503);
  expect(onlyError(accepted).extensions.code).toBe("BAD_USER_INPUT");
  expect(accepted.headers.get("connection")).toBe("close");
  expect(idOf(await slow)).toBe("act-1");
  expect(await exit).toBe(0);
  expect(lines().slice(-1)).toMatchObject([{ "log.level": "info", message: "stopped", "requests.ended": 2 }]);
});

test("drains on SIGHUP as on SIGTERM", async () => {
  const { url, child, exit, lines } = await startHolding({ SHUTDOWN_DELAY_MS: "1000" });

  child.kill("SIGHUP");
  await eventually(() => lines().find(({ message }) => message === "stopping"));

  expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  expect(await exit).toBe(0);
});

test("finishes 100 requests in flight after SIGINT, without the delay, and does not wait for idle connections", async () => {
  const { url, child, exit, upstream, release } = await startHolding({ SHUTDOWN_DELAY_MS: "600000" });
  const used = await openConnection(url);
  used.socket.write("GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await eventually(() => used.received().includes("live"));
  const unused = await openConnection(url);
  const responses = Array.from({ length: 100 }, (_, n) => create(url, { name: `${n}`, webhook: {} }, token));
  await eventually(() => upstream.received.length === 100);

  child.kill("SIGINT");
  await Promise.all([used.closed, unused.closed]);
  await eventually(() => isRefused(url));
  release();

  expect((await Promise.all(responses)).map(idOf)).toEqual(Array(100).fill("act-1"));
  expect(new Set(upstream.received.map(({ body }) => body)).size).toBe(100);
  expect(await exit).toBe(0);
});

test("finishes a create request whose caller has disconnected before SIGTERM, and logs it", async () => {
  const { url, child, exit, lines, upstream, release } = await startHolding({ SHUTDOWN_DELAY_MS: "0" });
  const caller = new AbortController();
  const query = { query: createMutation, variables: { input: minimalInput } };
  const response = send(url, query, token, { signal: caller.signal }).catch(() => "disconnected");
  await eventually(() => upstream.received.length === 1);
  caller.abort();
  expect(await response).toBe("disconnected");

  child.kill("SIGTERM");
  await eventually(() => isRefused(url));
  release();

  expect(await exit).toBe(0);
  expect(lines().slice(-2)).toMatchObject([
    { "http.request.aborted": true, "upstream.status_code": 201, "upstream.ctx_id": "ctx-1" },
    { message: "stopped" },
  ]);
});

test("sends the whole response to a slow client after SIGTERM, and then closes its connection", async () => {
  const upstream = await startUpstream(() => longAction);
  const { url, child, exit } = await startProcess({ CONTACTSWING_URL: upstream.url, SHUTDOWN_DELAY_MS: "0" });
  const { received, closed, readOn } = await requestLargeResponse(url);
  await eventually(() => received().length > 0);

  child.kill("SIGTERM");
  await eventually(() => isRefused(url));
  const readOnAt = performance.now();
  readOn();

  expect(endsWithLargeResponse(await closed)).toBe(true);
  expect(await exit).toBe(0);
  // Not only at the end of the grace period: its head promised to keep the connection open.
  expect(performance.now() - readOnAt).toBeLessThan(10_000);
});

test("does not wait for requests that stop arriving", async () => {
  const { url, child, exit } = await startHolding({ SHUTDOWN_DELAY_MS: "0", SHUTDOWN_GRACE_MS: "60000" });
  const head = "POST /graphql HTTP/1.1\r\nHost: bff\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n";
  const half = await Promise.all([openConnection(url), openConnection(url)]);
  half[0].socket.write(head);
  half[1].socket.write(`${head}\r\n{`);
  await eventually(async () => (await fetch(`${url}/health/live`)).ok);

  child.kill("SIGTERM");

  // Node.js' own time limits for requests end when the server closes.
  expect(await exit).toBe(0);
});

test("ends everything that hangs within one deadline, with exit 0, and still tells callers and the log", async () => {
  const receiver = await startUpstream(() => new Promise<never>(() => {}));
  const { url, child, exit, lines, upstream } = await startHolding({
    SHUTDOWN_GRACE_MS: "300",
    UPSTREAM_TIMEOUT_MS: "20000",
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  });
  const response = create(url, minimalInput, token);
  await eventually(() => upstream.received.length === 1);

  const signaledAt = performance.now();
  child.kill("SIGINT");

  expect(await exit).toBe(0);
  // The grace period, 250 ms for the last responses, 1 s for everything else.
  expect(performance.now() - signaledAt).toBeLessThan(300 + 250 + 1000 + 500);
  expect(onlyError(await response).extensions).toMatchObject({ code: "UPSTREAM_ERROR", outcome: "UNKNOWN" });
  expect(lines().map(({ message }) => message)).toEqual(expect.arrayContaining(["graphql request", "stopped"]));
  expect(lines().at(-1).message).toBe("stopped");
});

test("logs requests that the end of the grace period cut off as such, and not as ContactSwing's fault", async () => {
  const { url, child, exit, lines, upstream } = await startHolding({
    SHUTDOWN_DELAY_MS: "0",
    SHUTDOWN_GRACE_MS: "300",
    UPSTREAM_TIMEOUT_MS: "20000",
  });
  const response = create(url, minimalInput, token);
  await eventually(() => upstream.received.length === 1);

  child.kill("SIGTERM");

  expect(onlyError(await response).extensions).toMatchObject({ outcome: "UNKNOWN" });
  expect(await exit).toBe(0);
  expect(lines().slice(-2)).toMatchObject([
    { "log.level": "warn", "http.request.cut_off": "end of the grace period", "event.outcome": "unknown" },
    { message: "stopped" },
  ]);
});

test("ends at once on a second signal, and logs the requests that it abandons", async () => {
  const { url, child, exit, lines, upstream } = await startHolding({ SHUTDOWN_DELAY_MS: "20000" });
  const abandoned = create(url, minimalInput, { ...token, "x-request-id": "abandoned" }).catch(() => "cut off");
  await eventually(() => upstream.received.length === 1);

  child.kill("SIGTERM");
  await eventually(() => lines().some(({ message }) => message === "stopping"));
  child.kill("SIGTERM");

  expect(await exit).toBe(1);
  expect(await abandoned).toBe("cut off");
  expect(lines().slice(-3)).toMatchObject([
    { message: "stopping" },
    { message: "graphql request", "http.request.id": "abandoned", "http.request.cut_off": "second signal" },
    { "log.level": "warn", message: "stopped immediately", "requests.ended": 1, "requests.abandoned": 1 },
  ]);
});

/** Logs 1,000 lines, more than fit into the pipe, while nothing reads them. */
async function fillLog() {
  const run = await startProcess({ SHUTDOWN_DELAY_MS: "0", ...faults });
  run.child.stdout?.pause();
  const reject = () => fetch(`${run.url}/graphql`, { method: "POST" });
  for (let batch = 0; batch < 10; batch++) await Promise.all(Array.from({ length: 100 }, reject));
  return run;
}

test.each([
  ["a signal", "SIGTERM", 0],
  ["an uncaught error", "SIGUSR2", 1],
] as const)("writes every line for a slow reader before it ends after %s", async (_case, signal, code) => {
  const { child, exit, lines } = await fillLog();

  child.kill(signal);
  child.stdout?.resume();

  expect(await exit).toBe(code);
  const ids = lines().map((line) => line["http.request.id"]);
  expect(new Set(ids.filter(Boolean)).size).toBe(1000);
  expect(lines().at(-1).message).toBe("stopped");
});

test.each(["one signal", "two signals"])("does not wait for a reader that never reads, after %s", async (signals) => {
  const { child } = await fillLog();
  const exited = once(child, "exit");
  const signaledAt = performance.now();

  child.kill("SIGTERM");
  if (signals === "two signals") child.kill("SIGINT");
  await exited;

  expect(performance.now() - signaledAt).toBeLessThan(2500);
});

test("serves requests, and drains, although nothing reads its output any more", async () => {
  const { url, child, exit, release } = await startHolding({ SHUTDOWN_DELAY_MS: "0" });
  release();

  child.stdout?.destroy();
  child.stderr?.destroy();
  const responses = [await create(url, minimalInput, token), await create(url, minimalInput, token)];
  child.kill("SIGTERM");

  expect(responses.map(idOf)).toEqual(["act-1", "act-1"]);
  expect(await exit).toBe(0);
});

test.each([
  ["a signal", "SIGTERM", 0, ""],
  ["an uncaught error", "SIGUSR2", 1, "The service cannot start: uncaught canary\n"],
] as const)("stops on %s that comes before it listens", async (_case, signal, code, message) => {
  const { child, exit, output, errors } = runProcess({ ...faults, NEVER_LISTENS: "1", SHUTDOWN_DELAY_MS: "600000" });
  await eventually(() => output().includes("starting"));

  child.kill(signal);

  expect(await exit).toBe(code);
  expect(errors()).toBe(message);
});

test.each([
  ["an uncaught error", "SIGUSR2", "TypeError"],
  ["an unhandled rejection", "SIGWINCH", "RangeError"],
] as const)("finishes requests in flight after %s, logs it, and exits with 1", async (_case, signal, type) => {
  const { url, child, exit, lines, upstream, release } = await startHolding(faults);
  const response = create(url, minimalInput, token);
  await eventually(() => upstream.received.length === 1);

  child.kill(signal);
  const line = await eventually(() => lines().find(({ message }) => message === "uncaught error"));
  release();

  expect(idOf(await response)).toBe("act-1");
  expect(await exit).toBe(1);
  expect(line).toMatchObject({
    "log.level": "fatal",
    "error.type": type,
    "error.stack_trace": expect.stringContaining("faults.mjs:"),
  });
});

test("passes the signal that npm gets on to the service", async () => {
  const environment = { ...process.env, NODE_ENV: "production", HOST: "127.0.0.1", PORT: "0", SHUTDOWN_DELAY_MS: "0" };
  const run = watchProcess(spawn("npm", ["start", "--silent"], { env: environment }));
  await eventually(() => run.output().includes('"listening"'));

  run.child.kill("SIGTERM");

  await eventually(() => run.lines().some(({ message }) => message === "stopped"));
  await run.exit;
});
