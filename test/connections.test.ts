import { channel } from "node:diagnostics_channel";
import { createServer, type Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { onTestEnd } from "./helpers/cleanup.ts";
import { concurrently } from "./helpers/concurrently.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { create, minimalInput, verdictOf } from "./helpers/graphql.ts";
import {
  type Ending,
  type Framing,
  readRequests,
  responseBytes,
  sendBytes,
  startRawUpstream,
  startUnresponsiveListener,
} from "./helpers/raw-upstream.ts";
import { certificate } from "./helpers/self-signed-certificate.ts";
import { startService } from "./helpers/service.ts";

interface Verdict {
  readonly code: string;
  readonly outcome?: string | undefined;
  readonly retryable?: boolean | undefined;
}

const good: Verdict = { code: "none" };
const lost: Verdict = { code: "UPSTREAM_ERROR", outcome: "UNKNOWN", retryable: false };
const badCreated: Verdict = { code: "UPSTREAM_BAD_RESPONSE", outcome: "CREATED", retryable: false };
const late: Verdict = { code: "UPSTREAM_TIMEOUT", outcome: "UNKNOWN", retryable: false };
const lateCreated: Verdict = { code: "UPSTREAM_TIMEOUT", outcome: "CREATED", retryable: false };
const rejected: Verdict = { code: "BAD_USER_INPUT", outcome: "NOT_CREATED", retryable: false };
const conflict: Verdict = { code: "CONFLICT", outcome: "NOT_CREATED", retryable: false };
const unavailable: Verdict = { code: "UPSTREAM_UNAVAILABLE", outcome: "NOT_CREATED", retryable: true };

const createdBody = '{"ctx_id":"c","data":{"action_id":"a"}}';
const created = responseBytes(201, createdBody).bytes;

const startOn = (port: number, environment: Record<string, string> = {}) =>
  startService({ CONTACTSWING_URL: `http://127.0.0.1:${port}`, ...environment });

async function createVerdict(url: string, name = "n"): Promise<Verdict> {
  const response = await create(url, { name, webhook: {} });
  return response.body.errors === undefined ? good : verdictOf(response);
}

interface Case {
  readonly name: string;
  readonly bytes: Buffer;
  readonly ending: Ending;
}

/** What a create request gets for each response. The upstream finds the response by the action's name. */
async function runCases(cases: readonly Case[], environment: Record<string, string> = {}) {
  const byName = new Map(cases.map((scripted) => [scripted.name, scripted]));
  const requests = new Map<string, number>();
  const upstream = await startRawUpstream({
    onRequest({ body }, socket) {
      const { name } = JSON.parse(body);
      requests.set(name, (requests.get(name) ?? 0) + 1);
      const scripted = byName.get(name);
      if (scripted === undefined) throw new Error(`no response for ${name}`);
      sendBytes(socket, scripted.bytes, scripted.ending);
    },
  });
  // Fewer requests per service than its circuit breaker looks at.
  const batchSize = 19;
  const batches = Array.from({ length: Math.ceil(cases.length / batchSize) }, (_, index) =>
    cases.slice(index * batchSize, (index + 1) * batchSize),
  );
  const results = await concurrently(4, batches, async (batch) => {
    const { url, logLines } = await startOn(upstream.port, environment);
    const verdicts = await Promise.all(batch.map(({ name }) => createVerdict(url, name)));
    return { verdicts, logLines };
  });
  // Nothing is ever sent twice.
  expect([...requests].filter(([, count]) => count > 1)).toEqual([]);
  return {
    verdicts: results.flatMap(({ verdicts }) => verdicts),
    logLines: results.flatMap(({ logLines }) => logLines),
  };
}

async function expectVerdicts(cases: readonly Case[], expected: readonly Verdict[], environment = {}) {
  const { verdicts } = await runCases(cases, environment);
  const describeAll = (all: readonly Verdict[]) =>
    all.map((verdict, index) => `${cases[index]?.name}: ${Object.values(verdict).join(" ")}`);
  expect(describeAll(verdicts)).toEqual(describeAll(expected));
}

describe("a response that ends early", () => {
  test.each<[number, string, Framing, Ending, Verdict]>([
    [201, createdBody, "content-length", "fin", good],
    [201, createdBody, "content-length", "rst", good],
    [201, createdBody, "chunked", "fin", good],
    [201, createdBody, "chunked", "rst", good],
    [201, createdBody, "close-delimited", "fin", good],
    [201, createdBody, "content-length", "silence", good],
    [422, '{"detail":[{"type":"t","loc":["body","name"],"msg":"m"}]}', "content-length", "fin", rejected],
    [500, '{"detail":"x"}', "chunked", "rst", lost],
  ])("with status %i, %s, %s, at any byte by %s, says what is known", async (status, body, framing, ending, whole) => {
    const { bytes, headLength } = responseBytes(status, body, framing);
    const isSilent = ending === "silence";
    const cases = Array.from(
      { length: bytes.length + 1 },
      (_, end): Case => ({ name: `after ${end} bytes`, bytes: bytes.subarray(0, end), ending }),
    );
    const expected = cases.map((_, end) => {
      if (end === bytes.length) return whole;
      if (status !== 201 || end < headLength) return isSilent ? late : lost;
      return isSilent ? lateCreated : badCreated;
    });

    await expectVerdicts(cases, expected, isSilent ? { UPSTREAM_TIMEOUT_MS: "1000" } : {});
  });
});

/** Whether the action may exist, as far as the status line can be believed. */
function mayExist(bytes: Buffer): boolean {
  const status = Number(/^HTTP\/1\.[01] (\d{3})\b/.exec(bytes.toString("latin1"))?.[1] ?? 200);
  return status < 300 || status >= 500;
}

test("a response of arbitrary bytes gets one of the known codes, and no outcome is invented", async () => {
  // An upstream that closes a connection announces it, else the next request may take that connection.
  const close = "Connection: close\r\n";
  const codes = ["none", "BAD_USER_INPUT", "UNAUTHENTICATED", "FORBIDDEN", "CONFLICT", "RATE_LIMITED"];
  const body = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(Buffer.from), fc.string().map(Buffer.from));
  const statuses = [200, 201, 204, 400, 401, 403, 409, 422, 429, 500];
  const framed = fc
    .record({
      status: fc.oneof(fc.constantFrom(...statuses), fc.integer({ min: 100, max: 999 })),
      type: fc.constantFrom("application/json", "text/html", "text/plain", "", "\u00ff;;"),
      encoding: fc.constantFrom("", "Content-Encoding: gzip\r\n", "Content-Encoding: br\r\n"),
      body,
    })
    .map(({ status, type, encoding, body }) => {
      const length = `Content-Length: ${body.length}\r\n\r\n`;
      const lines = `HTTP/1.1 ${status} X\r\n${close}Content-Type: ${type}\r\n${encoding}${length}`;
      return Buffer.concat([Buffer.from(lines, "latin1"), body]);
    });
  const corrupted = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([offset, change]) => {
    const bytes = responseBytes(201, createdBody, "chunked", [close.trim()]).bytes;
    bytes[offset % bytes.length] = (bytes[offset % bytes.length] ?? 0) ^ change;
    return bytes;
  });
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), { weight: 2, arbitrary: framed }, corrupted);
  // In every name, so that a failure can be repeated.
  const seed = Math.floor(Math.random() * 0x7fffffff);
  const cases = fc
    .sample(fc.tuple(bytes, fc.constantFrom<Ending>("fin", "rst")), { numRuns: 300, seed })
    .map(([bytes, ending], index): Case => ({ name: `${index} of ${seed}`, bytes: Buffer.from(bytes), ending }));

  const { verdicts, logLines } = await runCases(cases);

  const dishonest = verdicts.flatMap(({ code, outcome, retryable }, index) => {
    const possible = mayExist((cases[index] as Case).bytes);
    const isKnown = [...codes, "UPSTREAM_ERROR", "UPSTREAM_BAD_RESPONSE"].includes(code);
    const isConsistent = outcome === "NOT_CREATED" ? !possible : possible || outcome === "UNKNOWN";
    return isKnown && isConsistent && (!retryable || outcome === "NOT_CREATED") ? [] : [cases[index]?.name];
  });
  expect(dishonest).toEqual([]);
  expect(logLines.filter((line) => line.includes("internal error"))).toEqual([]);
});

const gzipped = gzipSync(createdBody);
/** A 201 whose body is the beginning of a compressed one; `length` is what its head says. */
const compressed = (sentBytes: number, length: number) =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: ${length}\r\n\r\n`),
    gzipped.subarray(0, sentBytes),
  ]);
const head = "HTTP/1.1 201 Created\r\n";

test.each<[string, string | Buffer, Ending, Verdict]>([
  ["noise", Buffer.from("fe00ff10".repeat(100), "hex"), "fin", lost],
  ["the greeting of another protocol", "SSH-2.0-OpenSSH_9.6\r\n", "fin", lost],
  ["HTTP/0.9", "<html>created</html>", "fin", lost],
  ["HTTP/1.0", `HTTP/1.0 201 Created\r\n\r\n${createdBody}`, "fin", good],
  ["100 and 103 first", `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${created}`, "keep", good],
  ["100 and then nothing", "HTTP/1.1 100 Continue\r\n\r\n", "fin", lost],
  ["101 unasked", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "keep", lost],
  ["a header of a megabyte", `${head}X-Long: ${"x".repeat(1_000_000)}\r\n\r\n`, "fin", lost],
  ["two lengths", `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`, "fin", lost],
  ["a length and chunks", `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, "fin", lost],
  ["a chunk size that is not a number", `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, "fin", badCreated],
  ["a byte order mark", `${head}Content-Length: ${createdBody.length + 3}\r\n\r\n\ufeff${createdBody}`, "keep", good],
  ["two responses at once", Buffer.concat([created, created]), "fin", good],
  ["JSON nested 400,000 deep", responseBytes(409, "[".repeat(400_000) + "]".repeat(400_000)).bytes, "keep", conflict],
  ["a 409 over 1 MiB", responseBytes(409, JSON.stringify({ detail: "x".repeat(1_048_576) })).bytes, "keep", conflict],
  ["gzip", compressed(gzipped.length, gzipped.length), "fin", good],
  ["gzip, cut in transit", compressed(30, gzipped.length), "fin", badCreated],
  ["gzip, cut before it was sent", compressed(30, 30), "fin", badCreated],
])("a response that is %s is read as far as it can be", async (name, bytes, ending, expected) => {
  await expectVerdicts([{ name, bytes: Buffer.from(bytes), ending }], [expected]);
});

test("a response without end is cut off at 1 MiB", async () => {
  let sentBytes = 0;
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const upstream = await startRawUpstream({
    onRequest(_request, socket) {
      socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
      const send = () => {
        sentBytes += chunk.length;
        socket.write(chunk, () => socket.writable && setImmediate(send));
      };
      send();
    },
  });
  const { url } = await startOn(upstream.port);

  expect(await createVerdict(url)).toEqual(badCreated);
  expect(sentBytes).toBeGreaterThan(1_048_576);
});

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

  expect([first, second].map(({ body }) => body.data.createDataExtractionAction.action.id)).toEqual([
    "first",
    "second",
  ]);
});

/** Calls back after every failed attempt of this process to connect to a port. */
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

describe("a connection", () => {
  test.each([
    ["is attempted three times", {}, 3],
    // The shortest pause before another attempt is 25 ms.
    ["is not attempted again if the connect timeout leaves no time", { UPSTREAM_CONNECT_TIMEOUT_MS: "20" }, 1],
  ])("that is refused %s", async (_case, environment, attempts) => {
    const port = await findFreePort();
    let failures = 0;
    onConnectFailure(port, () => {
      failures += 1;
    });
    const { url } = await startOn(port, environment);

    expect(await createVerdict(url)).toEqual(unavailable);
    expect(failures).toBe(attempts);
  });

  test("that succeeds at the second attempt creates one action", async () => {
    const port = await findFreePort();
    const requests: string[] = [];
    const server = createServer((socket) => {
      readRequests(socket, ({ head }) => {
        requests.push(head);
        sendBytes(socket, created, "fin");
      });
    });
    onTestEnd(() => new Promise((resolve) => server.close(resolve)));
    onConnectFailure(port, () => {
      if (!server.listening) server.listen(port, "127.0.0.1");
    });
    const { url } = await startOn(port);

    expect(await createVerdict(url)).toEqual(good);
    expect(requests).toHaveLength(1);
  });

  test("that is never accepted is given up after the connect timeout", async () => {
    const port = await startUnresponsiveListener();
    const { url } = await startOn(port, { UPSTREAM_CONNECT_TIMEOUT_MS: "300", UPSTREAM_TIMEOUT_MS: "600000" });

    expect(await createVerdict(url)).toEqual(unavailable);
  });

  test("to a name that does not exist fails without naming it", async () => {
    const { url, logLines } = await startService({ CONTACTSWING_URL: "http://contactswing.invalid" });

    const response = await create(url, minimalInput);

    expect(verdictOf(response)).toEqual(unavailable);
    expect(response.text).not.toContain("contactswing.invalid");
    expect(JSON.parse(logLines.at(-1) ?? "")["upstream.error.code"]).toMatch(/^(?:ENOTFOUND|EAI_AGAIN)$/);
  });
});

describe("a request", () => {
  // What the upstream has read when it stops: nothing, a part of the head, the head, a part of the body.
  const readBytes = [0, 1, 40, 120, 250, 320];

  test.each<Ending>(["fin", "rst"])(
    "whose connection ends by %s before, while, or after it is read is sent once, and no outcome is invented",
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
      const verdicts = await concurrently(8, Array.from({ length: requests }), () => createVerdict(url));

      // A reset before this process has noticed its connection cannot be told from one after that.
      for (const verdict of verdicts) expect([lost, unavailable]).toContainEqual(verdict);
      const unsent = verdicts.filter(({ outcome }) => outcome === "NOT_CREATED").length;
      const taken = readByConnection.filter((bytes) => bytes > 0).length;
      expect(taken).toBeGreaterThanOrEqual(readBytes.length);
      expect(taken).toBeLessThanOrEqual(requests - unsent);
    },
  );

  test("that gets a response before it was read has the meaning of that response", async () => {
    const tooLarge = responseBytes(413, '{"detail":"too large"}').bytes;
    const upstream = await startRawUpstream({ onConnection: (socket) => sendBytes(socket, tooLarge, "keep") });
    const { url } = await startOn(upstream.port);

    expect(await createVerdict(url)).toEqual({ ...rejected, code: "UPSTREAM_ERROR" });
    expect(upstream.connections).toHaveLength(1);
  });
});

describe("over TLS", () => {
  const startOnTls = (port: number, environment: Record<string, string> = {}) =>
    startService({ CONTACTSWING_URL: `https://localhost:${port}`, ...environment });
  const trustTestCertificate = () => {
    const known = getCACertificates("default");
    setDefaultCACertificates([...known, certificate]);
    onTestEnd(async () => setDefaultCACertificates(known));
  };

  test("an upstream with a trusted certificate gets every request on one connection, until it ends", async () => {
    trustTestCertificate();
    const upstream = await startRawUpstream({
      isTls: true,
      onRequest: (_request, socket) =>
        upstream.requests.length < 3 ? sendBytes(socket, created, "keep") : socket.destroy(),
    });
    const { url } = await startOnTls(upstream.port);

    const verdicts = [await createVerdict(url), await createVerdict(url), await createVerdict(url)];

    expect(verdicts).toEqual([good, good, lost]);
    expect(upstream.connections).toHaveLength(1);
    expect(upstream.requests).toHaveLength(3);
  });

  test("an upstream with an untrusted certificate gets nothing, and only the log says why", async () => {
    let handshakes = 0;
    const received: (string | Buffer)[] = [];
    const upstream = await startRawUpstream({
      isTls: true,
      onConnection(socket) {
        handshakes += 1;
        socket.on("data", (chunk) => received.push(chunk));
      },
    });
    const { url, logLines } = await startOnTls(upstream.port);

    const response = await create(url, minimalInput);

    expect(verdictOf(response)).toEqual(unavailable);
    expect(received).toEqual([]);
    expect(handshakes).toBeLessThanOrEqual(1);
    expect(response.text).not.toMatch(/self.signed|certificate|localhost/i);
    expect(JSON.parse(logLines.at(-1) ?? "")["upstream.error.code"]).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  });

  test.each<[string, Buffer, Ending]>([
    ["closed at once", Buffer.alloc(0), "fin"],
    ["reset at once", Buffer.alloc(0), "rst"],
    ["responded to in plain HTTP", created, "fin"],
    ["cut after its first bytes", Buffer.from("160303", "hex"), "fin"],
    ["responded to with noise", Buffer.from("00ff".repeat(64), "hex"), "rst"],
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
    const { url } = await startOnTls(upstream.port, ending === "silence" ? { UPSTREAM_CONNECT_TIMEOUT_MS: "100" } : {});

    expect(await createVerdict(url)).toEqual(unavailable);
    expect(upstream.connections).toHaveLength(1);
  });
});

describe("a kept-alive connection", () => {
  test("that ends during the second request leaves it unknown, and it is not sent again", async () => {
    const upstream = await startRawUpstream({
      onRequest(_request, socket) {
        if (upstream.requests.length === 1) sendBytes(socket, created, "keep");
        else socket.resetAndDestroy();
      },
    });
    const { url } = await startOn(upstream.port);

    expect([await createVerdict(url), await createVerdict(url)]).toEqual([good, lost]);
    expect(upstream.connections).toHaveLength(1);
    expect(upstream.requests).toHaveLength(2);
  });

  test("is closed after 4 s of idling, earlier if the upstream says so, and never while it is in use", async () => {
    const idleMs: Record<string, number> = {};
    const ends: Promise<void>[] = [];
    const measure = (name: string, socket: Socket) => {
      const since = performance.now();
      const end = new Promise((resolve) => socket.once("end", resolve));
      ends.push(
        end.then(() => {
          idleMs[name] = performance.now() - since;
        }),
      );
    };
    let respondToSlow = () => {};
    const hinted = responseBytes(201, createdBody, "content-length", ["Keep-Alive: timeout=3"]).bytes;
    const upstream = await startRawUpstream({
      onRequest({ body }, socket) {
        const { name } = JSON.parse(body);
        if (name === "slow") {
          respondToSlow = () => sendBytes(socket, created, "keep");
          return;
        }
        sendBytes(socket, name === "hinted" ? hinted : created, "keep");
        measure(name, socket);
      },
    });
    const { url } = await startOn(upstream.port);

    const slow = createVerdict(url, "slow");
    await Promise.all(["usual", "hinted"].map((name) => createVerdict(url, name)));
    await Promise.all(ends);
    // By now this connection has been silent for longer than the others.
    respondToSlow();

    expect(await slow).toEqual(good);
    expect(upstream.connections).toHaveLength(3);
    expect(idleMs.usual).toBeGreaterThan(3000);
    expect(idleMs.usual).toBeLessThan(4900);
    expect(idleMs.hinted).toBeGreaterThan(1000);
    expect(idleMs.hinted).toBeLessThan(3000);
  });
});
