import { Agent, request } from "node:http";
import { expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { createRequestText, openConnection } from "./helpers/connection.ts";
import { create, createMutation, type GraphqlAnswer, minimalInput } from "./helpers/graphql.ts";
import { eventually, isRefused, runProcess, startProcess } from "./helpers/process.ts";
import { startService } from "./helpers/service.ts";
import { createdAnswer, type ReceivedRequest, startUpstream } from "./helpers/upstream.ts";

const token = { authorization: "Bearer t" };
const faultyEntry = new URL("helpers/faulty-process.ts", import.meta.url).pathname;

/** An upstream that holds every call until the test lets go of the ones that a name belongs to. */
async function startHoldingUpstream() {
  const waiting = new Map<string, () => void>();
  const nameOf = ({ body }: ReceivedRequest) => (JSON.parse(body) as { name: string }).name;
  const upstream = await startUpstream(async (received) => {
    await new Promise<void>((resolve) => waiting.set(nameOf(received), resolve));
    return createdAnswer;
  });
  const names = () => upstream.received.map(nameOf);
  const release = (name: string) => waiting.get(name)?.();
  return { ...upstream, names, release, releaseAll: () => waiting.forEach((resolve) => void resolve()) };
}

function idOf({ body }: GraphqlAnswer): string {
  return body.data.createDataExtractionAction.action.id;
}

test.each(["SIGTERM", "SIGINT"] as const)("gives 100 answers to 100 calls under way when %s comes", async (signal) => {
  const upstream = await startHoldingUpstream();
  const { url, child, exit, output } = await startProcess({ CONTACTSWING_URL: upstream.url, SHUTDOWN_DELAY_MS: "50" });
  const calls = Array.from({ length: 100 }, (_, n) => create(url, { name: `call ${n}`, webhook: {} }, token));
  await eventually(() => upstream.received.length === 100);

  child.kill(signal);
  await eventually(() => output().includes("stopping"));
  await eventually(() => isRefused(url));
  upstream.releaseAll();
  const answers = await Promise.all(calls);

  expect(answers.map(idOf)).toEqual(Array(100).fill("act-1"));
  expect(new Set(upstream.names()).size).toBe(100);
  expect(await exit).toBe(0);
});

test("tells a keep-alive client to close with the first answer of the drain, and the client opens another connection", async () => {
  const upstream = await startUpstream();
  const { url, service } = await startService({ CONTACTSWING_URL: upstream.url });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestEnd(async () => agent.destroy());
  const call = () =>
    new Promise<{ connection: string | undefined; isReused: boolean }>((resolve, reject) => {
      const sent = request(`${url}/graphql`, {
        method: "POST",
        agent,
        headers: { ...token, "content-type": "application/json" },
      });
      sent.once("error", reject);
      sent.once("response", (response) => {
        const answer = { connection: response.headers.connection, isReused: sent.reusedSocket };
        response.resume().once("end", () => resolve(answer));
      });
      sent.end(JSON.stringify({ query: createMutation, variables: { input: minimalInput } }));
    });

  const before = [await call(), await call()];
  service.drain();
  const after = [await call(), await call()];

  expect(before.map(({ connection }) => connection)).toEqual(["keep-alive", "keep-alive"]);
  expect(after.map(({ connection }) => connection)).toEqual(["close", "close"]);
  expect([...before, ...after].map(({ isReused }) => isReused)).toEqual([false, true, true, false]);
});

test("answers every pipelined call whose create was sent, whichever ends first, and closes after the last", async () => {
  const upstream = await startHoldingUpstream();
  const { url, service } = await startService({ CONTACTSWING_URL: upstream.url });
  const { socket, received, closed } = await openConnection(url);
  socket.write(["one", "two", "three"].map(createRequestText).join(""));
  await eventually(() => upstream.received.length === 3);

  service.drain();
  upstream.release("two");
  upstream.release("one");
  upstream.release("three");
  await closed;

  const answers = received().split("HTTP/1.1 200 OK").slice(1);
  expect(answers).toHaveLength(3);
  expect(answers.map((answer) => /connection: (\S+)/i.exec(answer)?.[1])).toEqual([
    "keep-alive",
    "keep-alive",
    "close",
  ]);
  for (const answer of answers) expect(answer).toContain('"id":"act-1"');
});

test("does not begin a call on a connection whose last answer is already decided", async () => {
  const upstream = await startHoldingUpstream();
  const { url, service } = await startService({ CONTACTSWING_URL: upstream.url });
  const { socket, received, closed } = await openConnection(url);
  socket.write(createRequestText("one") + createRequestText("two"));
  await eventually(() => upstream.received.length === 2);

  service.drain();
  upstream.release("two");
  // A whole other call takes longer than the rest of this one.
  const other = create(url, { name: "other", webhook: {} }, token);
  await eventually(() => upstream.names().includes("other"));
  upstream.release("other");
  await other;
  socket.write(createRequestText("three"));
  upstream.release("one");
  await closed;

  expect(received().match(/"id":"act-1"/g)).toHaveLength(2);
  expect(upstream.names()).toEqual(["one", "two", "other"]);
});

test("goes on answering on a busy connection while the listener is closed, and begins nothing that it would not answer", async () => {
  const upstream = await startHoldingUpstream();
  const { url, service } = await startService({ CONTACTSWING_URL: upstream.url });
  const { socket, received, closed } = await openConnection(url);
  socket.write(createRequestText("one"));
  await eventually(() => upstream.received.length === 1);

  const stopped = service.stop();
  await eventually(() => isRefused(url));
  socket.write(createRequestText("two"));
  await eventually(() => upstream.received.length === 2);
  await new Promise((resolve) => socket.write(createRequestText("three"), resolve));
  // Service and test share one event loop: after a few turns the service has read what there is to read.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  upstream.releaseAll();
  await closed;
  await stopped;

  expect(upstream.names()).toEqual(["one", "two"]);
  expect(received().match(/"id":"act-1"/g)).toHaveLength(2);
  expect(received().match(/connection: close/gi)).toHaveLength(1);
});

test("does not wait for connections on which nothing is under way", async () => {
  const { url, child, exit } = await startProcess({ SHUTDOWN_DELAY_MS: "0", SHUTDOWN_GRACE_MS: "60000" });
  const used = await openConnection(url);
  used.socket.write("GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await eventually(() => used.received().includes("live"));
  const unused = await openConnection(url);

  child.kill("SIGTERM");

  expect(await exit).toBe(0);
  await Promise.all([used.closed, unused.closed]);
});

test("ends as asked when a signal comes before it listens", async () => {
  const { child, exit, output, errors } = runProcess({ HANG_AT_START: "1" }, faultyEntry);
  await eventually(() => output().includes("starting"));

  child.kill("SIGTERM");

  expect(await exit).toBe(0);
  expect(errors()).toBe("");
});

test("stops in one line with exit code 1 when a part breaks before it listens", async () => {
  const { exit, errors } = runProcess({ FAULT_AT_START: "1" }, faultyEntry);

  expect(await exit).toBe(1);
  expect(errors()).toBe("The service cannot start: a part broke\n");
});

test.each([
  ["an uncaught error", "SIGUSR2", "TypeError"],
  ["a rejection that nobody handles", "SIGHUP", "RangeError"],
] as const)(
  "lets calls under way finish after %s, says so without its message, and exits with 1",
  async (_case, signal, type) => {
    const upstream = await startHoldingUpstream();
    const { url, child, exit, output, errors } = await startProcess({ CONTACTSWING_URL: upstream.url }, faultyEntry);
    const call = create(url, minimalInput, token);
    await eventually(() => upstream.received.length === 1);

    child.kill(signal);
    await eventually(() => output().includes("uncaught error"));
    upstream.releaseAll();

    expect(idOf(await call)).toBe("act-1");
    expect(await exit).toBe(1);
    const lines = output()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter((line) => line.message === "uncaught error")).toMatchObject([
      { "log.level": "fatal", "error.type": type },
    ]);
    expect(output() + errors()).not.toContain("canary");
  },
);

test("goes on answering, and drains, when nobody reads its output any more", async () => {
  const upstream = await startUpstream();
  const { url, child, exit } = await startProcess({ CONTACTSWING_URL: upstream.url, SHUTDOWN_DELAY_MS: "0" });

  child.stdout?.destroy();
  child.stderr?.destroy();
  const answers = [await create(url, minimalInput, token), await create(url, minimalInput, token)];
  child.kill("SIGTERM");

  expect(answers.map(idOf)).toEqual(["act-1", "act-1"]);
  expect(await exit).toBe(0);
});
