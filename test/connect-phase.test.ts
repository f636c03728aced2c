import { channel } from "node:diagnostics_channel";
import { createServer, type Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { concurrently } from "./helpers/concurrently.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { create, minimalInput, onlyError } from "./helpers/graphql.ts";
import { answerBytes, type Ending, readRequests, sendBytes, startRawUpstream } from "./helpers/raw-upstream.ts";
import { certificate } from "./helpers/self-signed-certificate.ts";
import { startService } from "./helpers/service.ts";

const unavailable = { code: "UPSTREAM_UNAVAILABLE", outcome: "NOT_CREATED", retryable: true };
const unknown = { code: "UPSTREAM_ERROR", outcome: "UNKNOWN", retryable: false };
const created = answerBytes(201, '{"ctx_id":"c","data":{"action_id":"a"}}').bytes;

/** Tells of every attempt of this process to connect to a port that fails, once it has failed. */
function onConnectFailure(port: number, listener: () => void): void {
  const watch = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    socket.on("connectionAttemptFailed", (_address, attempted) => {
      if (attempted === port) listener();
    });
  };
  const sockets = channel("net.client.socket");
  sockets.subscribe(watch);
  onTestEnd(async () => sockets.unsubscribe(watch));
}

test("tries a refused connection at most three times", async () => {
  const port = await findFreePort();
  let attempts = 0;
  onConnectFailure(port, () => {
    attempts += 1;
  });
  const { url } = await startService({ CONTACTSWING_URL: `http://127.0.0.1:${port}` });

  const { extensions } = onlyError(await create(url, minimalInput));

  expect(extensions).toMatchObject(unavailable);
  expect(attempts).toBe(3);
});

test("creates once when the upstream begins to listen between two attempts", async () => {
  const port = await findFreePort();
  const posts: string[] = [];
  const server = createServer((socket) => {
    readRequests(socket, ({ head }) => {
      posts.push(head);
      sendBytes(socket, created, "fin");
    });
  });
  onTestEnd(() => new Promise((resolve) => server.close(resolve)));
  onConnectFailure(port, () => {
    if (!server.listening) server.listen(port, "127.0.0.1");
  });
  const { url } = await startService({ CONTACTSWING_URL: `http://127.0.0.1:${port}` });

  const { body } = await create(url, minimalInput);

  expect(body.errors).toBeUndefined();
  expect(posts.length).toBe(1);
});

test("does not begin another attempt that the connect timeout leaves no time for", async () => {
  const port = await findFreePort();
  let attempts = 0;
  onConnectFailure(port, () => {
    attempts += 1;
  });
  // The shortest pause before another attempt is 25 ms.
  const { url } = await startService({
    CONTACTSWING_URL: `http://127.0.0.1:${port}`,
    UPSTREAM_CONNECT_TIMEOUT_MS: "20",
  });

  const { extensions } = onlyError(await create(url, minimalInput));

  expect(extensions).toMatchObject(unavailable);
  expect(attempts).toBe(1);
});

test("says that nothing was created when the upstream's name does not exist", async () => {
  const { url } = await startService({ CONTACTSWING_URL: "http://contactswing.invalid" });

  const answer = await create(url, minimalInput);

  expect(onlyError(answer).extensions).toMatchObject(unavailable);
  expect(answer.text).not.toContain("contactswing.invalid");
});

describe("a request that is", () => {
  // What a reader has taken of the request when it lets go: nothing, some of the head, the head, half of the body.
  const readBytes = [0, 1, 40, 120, 250, 320];

  test.each<Ending>(["fin", "rst"])(
    "cut by %s before, between and after its bytes may have been taken, and is sent once",
    async (ending) => {
      const carried: number[] = [];
      const upstream = await startRawUpstream({
        onConnection(socket, index) {
          const wanted = readBytes[index % readBytes.length] ?? 0;
          const cut = () => (ending === "rst" ? socket.resetAndDestroy() : socket.destroy());
          carried[index] = 0;
          socket.on("readable", () => {
            if (wanted === 0 || socket.read(wanted) === null) return;
            carried[index] = wanted;
            cut();
          });
          if (wanted === 0) cut();
        },
      });
      const { url } = await startService({ CONTACTSWING_URL: `http://127.0.0.1:${upstream.port}` });

      const calls = readBytes.length * 4;
      const answers = await concurrently(8, Array.from({ length: calls }), () => create(url, minimalInput));

      // A reset that comes before this process has seen its connection may be told from one that comes after.
      const codes = answers.map((answer) => onlyError(answer).extensions);
      const verdicts = codes.map(({ code, outcome, retryable }) => ({ code, outcome, retryable }));
      for (const verdict of verdicts) expect([unknown, unavailable]).toContainEqual(verdict);
      const unsent = verdicts.filter(({ outcome }) => outcome === "NOT_CREATED").length;
      const taken = carried.filter((bytes) => bytes > 0).length;
      expect(taken).toBeGreaterThanOrEqual(readBytes.length);
      expect(taken).toBeLessThanOrEqual(calls - unsent);
    },
  );

  test.each(readBytes)("left unanswered after %i of its bytes is given up and not sent again", async (wanted) => {
    const upstream = await startRawUpstream({
      onConnection(socket) {
        if (wanted > 0) socket.on("readable", () => socket.read(wanted));
      },
    });
    const { url } = await startService({
      CONTACTSWING_URL: `http://127.0.0.1:${upstream.port}`,
      UPSTREAM_TIMEOUT_MS: "100",
    });

    const { extensions } = onlyError(await create(url, minimalInput));

    expect(extensions).toMatchObject({ code: "UPSTREAM_TIMEOUT", outcome: "UNKNOWN", retryable: false });
    expect(upstream.connections.length).toBe(1);
  });

  test("answered before it was read whole has the meaning of the answer", async () => {
    const refusal = answerBytes(413, '{"detail":"too large"}').bytes;
    const upstream = await startRawUpstream({ onConnection: (socket) => sendBytes(socket, refusal, "keep") });
    const { url } = await startService({ CONTACTSWING_URL: `http://127.0.0.1:${upstream.port}` });

    const { extensions } = onlyError(await create(url, minimalInput));

    expect(extensions).toMatchObject({
      code: "UPSTREAM_ERROR",
      outcome: "NOT_CREATED",
      retryable: false,
      upstream: { status: 413 },
    });
    expect(upstream.connections.length).toBe(1);
  });
});

describe("over TLS", () => {
  const trustTestCertificate = () => {
    const known = getCACertificates("default");
    setDefaultCACertificates([...known, certificate]);
    onTestEnd(async () => setDefaultCACertificates(known));
  };

  test("creates through an upstream whose certificate is trusted, keeping the connection", async () => {
    trustTestCertificate();
    const upstream = await startRawUpstream({
      isTls: true,
      onRequest: (_request, socket) => sendBytes(socket, created, "keep"),
    });
    const { url } = await startService({ CONTACTSWING_URL: `https://localhost:${upstream.port}` });

    const answers = [await create(url, minimalInput), await create(url, minimalInput)];

    expect(answers.map(({ body }) => body.errors)).toEqual([undefined, undefined]);
    expect(upstream.connections.length).toBe(1);
    expect(upstream.requests.length).toBe(2);
  });

  test("sends nothing to an upstream whose certificate is not trusted, and asks it once", async () => {
    let handshakes = 0;
    const received: (string | Buffer)[] = [];
    const upstream = await startRawUpstream({
      isTls: true,
      onConnection(socket) {
        handshakes += 1;
        socket.on("data", (chunk) => received.push(chunk));
      },
    });
    const { url, logLines } = await startService({ CONTACTSWING_URL: `https://localhost:${upstream.port}` });

    const answer = await create(url, minimalInput);

    expect(onlyError(answer).extensions).toMatchObject(unavailable);
    expect(received).toEqual([]);
    expect(handshakes).toBeLessThanOrEqual(1);
    expect(answer.text + logLines.join("")).not.toMatch(/self-signed|certificate|localhost/i);
  });

  test.each<[string, Buffer, Ending]>([
    ["closed at once", Buffer.alloc(0), "fin"],
    ["reset at once", Buffer.alloc(0), "rst"],
    ["answered in plain HTTP", created, "fin"],
    ["answered with the first bytes of a handshake", Buffer.from("160303", "hex"), "fin"],
    ["answered with noise", Buffer.from("00ff".repeat(64), "hex"), "rst"],
  ])("sends nothing when the handshake is %s", async (_case, bytes, ending) => {
    const connections: number[] = [];
    const upstream = await startRawUpstream({
      onConnection(socket, index) {
        connections.push(index);
        socket.once("data", (hello) => {
          expect(String(hello)).not.toMatch(/POST|bearer/i);
          sendBytes(socket, bytes, ending);
        });
      },
    });
    const { url } = await startService({ CONTACTSWING_URL: `https://localhost:${upstream.port}` });

    const { extensions } = onlyError(await create(url, minimalInput));

    expect(extensions).toMatchObject(unavailable);
    expect(connections).toEqual([0]);
  });

  test("gives up on a handshake that does not end, within the connect timeout", async () => {
    const upstream = await startRawUpstream({ onConnection: (socket) => socket.resume() });
    const { url } = await startService({
      CONTACTSWING_URL: `https://localhost:${upstream.port}`,
      UPSTREAM_CONNECT_TIMEOUT_MS: "100",
    });

    const { extensions } = onlyError(await create(url, minimalInput));

    expect(extensions).toMatchObject(unavailable);
    expect(upstream.connections.length).toBe(1);
  });

  test("does not know what became of a request when the connection ends after it", async () => {
    trustTestCertificate();
    const upstream = await startRawUpstream({
      isTls: true,
      onRequest: (_request, socket) => socket.destroy(),
    });
    const { url } = await startService({ CONTACTSWING_URL: `https://localhost:${upstream.port}` });

    const { extensions } = onlyError(await create(url, minimalInput));

    expect(extensions).toMatchObject(unknown);
    expect(upstream.requests.length).toBe(1);
  });
});

describe("a kept-alive connection", () => {
  test("that ends under the second request leaves it unknown, and is not followed by another", async () => {
    const upstream = await startRawUpstream({
      onRequest(_request, socket) {
        if (upstream.requests.length === 1) sendBytes(socket, created, "keep");
        else socket.resetAndDestroy();
      },
    });
    const { url } = await startService({ CONTACTSWING_URL: `http://127.0.0.1:${upstream.port}` });

    const first = await create(url, minimalInput);
    const second = await create(url, minimalInput);

    expect(first.body.errors).toBeUndefined();
    expect(onlyError(second).extensions).toMatchObject(unknown);
    expect(upstream.connections.length).toBe(1);
    expect(upstream.requests.length).toBe(2);
  });

  test("is closed within 4 s of rest, or sooner when the upstream says so, and not while it is in use", async () => {
    const restMs: Record<string, number> = {};
    const ends: Promise<void>[] = [];
    const rest = (name: string, socket: Socket) => {
      const since = performance.now();
      const end = new Promise((resolve) => socket.once("end", resolve));
      ends.push(
        end.then(() => {
          restMs[name] = performance.now() - since;
        }),
      );
    };
    let answerSlowCall = () => {};
    const hinted = answerBytes(201, '{"data":{"action_id":"a"}}', "content-length", ["Keep-Alive: timeout=3"]).bytes;
    const upstream = await startRawUpstream({
      onRequest({ body }, socket) {
        const { name } = JSON.parse(body);
        if (name === "slow") {
          answerSlowCall = () => sendBytes(socket, created, "keep");
          return;
        }
        sendBytes(socket, name === "hinted" ? hinted : created, "keep");
        rest(name, socket);
      },
    });
    const { url } = await startService({ CONTACTSWING_URL: `http://127.0.0.1:${upstream.port}` });

    const slow = create(url, { name: "slow", webhook: {} });
    while (upstream.requests.length < 1) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(["usual", "hinted"].map((name) => create(url, { name, webhook: {} })));
    await Promise.all(ends);
    // By now the slow call's connection has been silent for longer than the others.
    answerSlowCall();

    expect((await slow).body.errors).toBeUndefined();
    expect(upstream.connections.length).toBe(3);
    expect(restMs.usual).toBeGreaterThan(3000);
    expect(restMs.usual).toBeLessThan(4900);
    expect(restMs.hinted).toBeGreaterThan(1000);
    expect(restMs.hinted).toBeLessThan(3000);
  });
});
