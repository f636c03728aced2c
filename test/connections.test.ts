import { channel } from "node:diagnostics_channel";
import dns from "node:dns";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, expect, jest, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { concurrently } from "./helpers/concurrently.ts";
import { createdBody, createdBytes, createVerdict, startOn, verdicts } from "./helpers/create-verdict.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { create, summarize } from "./helpers/graphql.ts";
import { listen } from "./helpers/listen.ts";
import { eventually } from "./helpers/process.ts";
import {
  type Ending,
  responseBytes,
  sendBytes,
  startRawUpstream,
  startUnresponsiveListener,
} from "./helpers/raw-upstream.ts";
import { certificate } from "./helpers/self-signed-certificate.ts";
import { startService } from "./helpers/service.ts";

const { created, lost, rejected, unavailable } = verdicts;

test("a response that nobody waits for closes its connection at once, and is not taken for the next one", async () => {
  const upstream = await startRawUpstream({
    onRequest({ body }, socket) {
      const id = JSON.parse(body).name;
      const respond = (actionId: string) => responseBytes(201, `{"data":{"action_id":"${actionId}"}}`).bytes;
      sendBytes(socket, respond(id), "keep");
      if (id === "first") socket.write(respond("stray"));
    },
  });
  const { url } = await startOn(upstream.port);

  const first = await create(url, { name: "first", webhook: {} });
  const respondedAt = performance.now();
  await new Promise((resolve) => upstream.connections[0]?.once("close", resolve));
  // Not only once the connection has been idle for four seconds.
  expect(performance.now() - respondedAt).toBeLessThan(2000);
  const second = await create(url, { name: "second", webhook: {} });

  const ids = [first, second].map(({ body }) => body.data.createDataExtractionAction.action.id);
  expect(ids).toEqual(["first", "second"]);
});

// The causes that the log names for a missing connection are in runbook.test.ts.
test("a connection that succeeds at the second attempt creates one action", async () => {
  const port = await findFreePort();
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.writeHead(201).end(createdBody);
  });
  const listenAfterFailure = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    socket.on("connectionAttemptFailed", (_address, attempted) => {
      if (attempted === port && !server.listening) void listen(server, port);
    });
  };
  const sockets = channel("net.client.socket");
  sockets.subscribe(listenAfterFailure);
  onTestEnd(async () => sockets.unsubscribe(listenAfterFailure));
  const { url } = await startOn(port);

  expect(await createVerdict(url)).toBe(created);
  expect(requests).toBe(1);
});

describe("a request", () => {
  // What the upstream has read when it stops: nothing, a part of the head, the head, a part of the body.
  const readBytes = [0, 1, 40, 120, 250, 320];

  test.each<Ending>(["fin", "rst"])(
    "whose connection ends by %s when a part is read is sent once, and no outcome is invented",
    async (ending) => {
      const readByConnection: number[] = [];
      const upstream = await startRawUpstream({
        onConnection(socket, index) {
          const wanted = readBytes[index % readBytes.length] ?? 0;
          const cut = () => (ending === "rst" ? socket.resetAndDestroy() : socket.destroy());
          readByConnection[index] = 0;
          socket.on("readable", () => {
            if (wanted === 0 || socket.read(wanted) === null) return;
            readByConnection[index] = wanted;
            cut();
          });
          if (wanted === 0) cut();
        },
      });
      const { url } = await startOn(upstream.port);

      const requests = readBytes.length * 3;
      const ends = await concurrently(8, Array.from({ length: requests }), () => createVerdict(url));

      // A reset before this process has noticed its connection cannot be told from one after that.
      expect(ends.filter((verdict) => verdict !== lost && verdict !== unavailable)).toEqual([]);
      const unsent = ends.filter((verdict) => verdict === unavailable).length;
      const taken = readByConnection.filter((bytes) => bytes > 0).length;
      expect(taken).toBeGreaterThanOrEqual(readBytes.length);
      expect(taken).toBeLessThanOrEqual(requests - unsent);
    },
  );

  test("that gets a response before it was read has the meaning of that response", async () => {
    const tooLarge = responseBytes(413, '{"detail":"too large"}').bytes;
    const upstream = await startRawUpstream({ onConnection: (socket) => sendBytes(socket, tooLarge, "keep") });
    const { url } = await startOn(upstream.port);

    expect(await createVerdict(url)).toBe(rejected);
    expect(upstream.connections).toHaveLength(1);
  });
});

describe("over TLS", () => {
  test("an upstream with a trusted certificate gets every request on one connection, until it ends", async () => {
    const known = getCACertificates("default");
    setDefaultCACertificates([...known, certificate]);
    onTestEnd(async () => setDefaultCACertificates(known));
    const upstream = await startRawUpstream({
      isTls: true,
      onRequest: (_request, socket) =>
        upstream.requests.length < 3 ? sendBytes(socket, createdBytes, "keep") : socket.destroy(),
    });
    const { url } = await startService({ CONTACTSWING_URL: `https://localhost:${upstream.port}` });

    const ends = [await createVerdict(url), await createVerdict(url), await createVerdict(url)];

    expect(ends).toEqual([created, created, lost]);
    expect(upstream.connections).toHaveLength(1);
    expect(upstream.requests).toHaveLength(3);
  });

  test.each<[string, Buffer, Ending]>([
    ["closed at once", Buffer.alloc(0), "fin"],
    ["reset at once", Buffer.alloc(0), "rst"],
    ["responded to in plain HTTP", createdBytes, "fin"],
    ["never completed", Buffer.alloc(0), "silence"],
  ])("a handshake that is %s sends nothing and is not repeated", async (_case, bytes, ending) => {
    const upstream = await startRawUpstream({
      onConnection(socket) {
        socket.once("data", (hello) => {
          expect(String(hello)).not.toMatch(/POST|bearer/i);
          sendBytes(socket, bytes, ending);
        });
      },
    });
    const UPSTREAM_CONNECT_TIMEOUT_MS = ending === "silence" ? "100" : "2000";
    const CONTACTSWING_URL = `https://localhost:${upstream.port}`;
    const { url } = await startService({ CONTACTSWING_URL, UPSTREAM_CONNECT_TIMEOUT_MS });

    expect(await createVerdict(url)).toBe(unavailable);
    expect(upstream.connections).toHaveLength(1);
  });
});

test("an idle connection is closed after 4 s, earlier if the upstream says so, and never while it is in use", async () => {
  const sockets = new Map<string, Socket>();
  const idleMs: Record<string, number> = {};
  const hinted = responseBytes(201, createdBody, "content-length", ["Keep-Alive: timeout=3"]).bytes;
  const upstream = await startRawUpstream({
    onRequest({ body }, socket) {
      const { name } = JSON.parse(body);
      sockets.set(name, socket);
      if (name === "slow") return;
      sendBytes(socket, name === "hinted" ? hinted : createdBytes, "keep");
      const since = performance.now();
      socket.once("end", () => {
        idleMs[name] = performance.now() - since;
      });
    },
  });
  const { url } = await startOn(upstream.port);

  const slow = createVerdict(url, "slow");
  await Promise.all(["usual", "hinted"].map((name) => createVerdict(url, name)));
  await eventually(() => Object.keys(idleMs).length === 2, "both idle connections to be closed");
  // By now this connection has been silent for longer than the others.
  sendBytes(sockets.get("slow") as Socket, createdBytes, "keep");

  expect(await slow).toBe(created);
  expect(upstream.connections).toHaveLength(3);
  expect(idleMs.usual).toBeGreaterThan(3000);
  expect(idleMs.usual).toBeLessThan(4900);
  expect(idleMs.hinted).toBeGreaterThan(1000);
  expect(idleMs.hinted).toBeLessThan(3000);
});

test("a connection in constant use is replaced after a minute, so that the name is resolved again", async () => {
  const upstream = await startRawUpstream({ onRequest: (_request, socket) => sendBytes(socket, createdBytes, "keep") });
  const { url } = await startOn(upstream.port);
  const readClock = performance.now.bind(performance);
  let elapsedMs = 0;
  const clock = jest.spyOn(performance, "now").mockImplementation(() => readClock() + elapsedMs);
  onTestEnd(async () => clock.mockRestore());

  const counts = [];
  for (elapsedMs of [0, 30_000, 59_000, 61_000, 62_000]) {
    expect(await createVerdict(url)).toBe(created);
    counts.push(upstream.connections.length);
  }

  expect(counts).toEqual([1, 1, 1, 1, 2]);
});

/** Lets a name resolve to these addresses. */
function resolveTo(name: string, addresses: readonly string[]): void {
  const original = dns.lookup as (...args: unknown[]) => void;
  const lookup = jest.spyOn(dns, "lookup") as unknown as jest.Mock;
  const found = addresses.map((address) => ({ address, family: 4 }));
  lookup.mockImplementation((...args: unknown[]) => {
    const [hostname, options, callback] = args as [string, { all?: boolean }, (...results: unknown[]) => void];
    if (hostname !== name) return original(...args);
    setImmediate(() => (options.all ? callback(null, found) : callback(null, found[0]?.address, 4)));
  });
  onTestEnd(async () => lookup.mockRestore());
}

test("UPSTREAM_CONNECT_TIMEOUT_MS holds for each address of the host", async () => {
  const upstream = await startRawUpstream({ onRequest: (_request, socket) => sendBytes(socket, createdBytes, "keep") });
  const silent = "127.0.0.2";
  await startUnresponsiveListener(silent, upstream.port);
  resolveTo("contactswing.test", [silent, "127.0.0.1"]);
  const start = (UPSTREAM_CONNECT_TIMEOUT_MS: string) =>
    startService({ CONTACTSWING_URL: `http://contactswing.test:${upstream.port}`, UPSTREAM_CONNECT_TIMEOUT_MS });
  const { url } = await start("800");

  const startedAt = performance.now();
  expect(await createVerdict(url)).toBe(created);
  const tookMs = performance.now() - startedAt;

  // Not after the 250 to 500 ms that Node.js gives an address.
  expect(tookMs).toBeGreaterThan(750);
  expect(upstream.requests).toHaveLength(1);
});

test.each([
  ["429", "rst", "RATE_LIMITED NOT_CREATED retryable"],
  ["401", "fin", "UNAUTHENTICATED NOT_CREATED"],
  ["413", "silence", "UPSTREAM_ERROR NOT_CREATED"],
  ["422", "rst", "BAD_USER_INPUT NOT_CREATED"],
] as const)(
  "a %s whose body is lost (%s) is classified by its status, and frees the key",
  async (status, ending, verdict) => {
    const { bytes, headLength } = responseBytes(Number(status), '{"detail":"no"}');
    const upstream = await startRawUpstream({
      onRequest: (_request, socket) =>
        upstream.requests.length > 1
          ? sendBytes(socket, createdBytes, "keep")
          : sendBytes(socket, bytes.subarray(0, headLength + 3), ending),
    });
    const { url } = await startOn(upstream.port, { UPSTREAM_TIMEOUT_MS: "500" });
    const input = { name: "n", webhook: {}, idempotencyKey: "k" };

    expect(summarize(await create(url, input))).toBe(verdict);
    expect((await create(url, input)).body.data.createDataExtractionAction.replayed).toBe(false);
    expect(upstream.requests).toHaveLength(2);
  },
);

test("a response may have 20 KB of headers", async () => {
  const headers = Array.from({ length: 20 }, (_, index) => `X-Header-${index}: ${"x".repeat(1000)}`);
  const { bytes } = responseBytes(201, createdBody, "content-length", headers);
  const upstream = await startRawUpstream({ onRequest: (_request, socket) => sendBytes(socket, bytes, "keep") });
  const { url } = await startOn(upstream.port);

  expect(await createVerdict(url)).toBe(created);
});
