import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { concurrently } from "./helpers/concurrently.ts";
import { create, onlyError } from "./helpers/graphql.ts";
import {
  type AnswerBytes,
  answerBytes,
  type Ending,
  type Framing,
  sendBytes,
  startRawUpstream,
} from "./helpers/raw-upstream.ts";
import { startService } from "./helpers/service.ts";

// Every test sends its calls through one service to one upstream of bytes, which finds out by the action's name what
// it is to answer, and counts what it was asked to create.

interface Case {
  readonly name: string;
  readonly bytes: Buffer;
  readonly ending: Ending;
  /** Where the answer is sent in two writes, the second when the first has been taken. */
  readonly splitAt?: number;
}

interface Verdict {
  readonly code: string;
  readonly outcome?: string | undefined;
  readonly retryable?: boolean | undefined;
}

const good: Verdict = { code: "none" };
const lost: Verdict = { code: "UPSTREAM_ERROR", outcome: "UNKNOWN", retryable: false };
const createdUnread: Verdict = { code: "UPSTREAM_BAD_RESPONSE", outcome: "CREATED", retryable: false };
const late: Verdict = { code: "UPSTREAM_TIMEOUT", outcome: "UNKNOWN", retryable: false };
const createdLate: Verdict = { code: "UPSTREAM_TIMEOUT", outcome: "CREATED", retryable: false };
const rejected: Verdict = { code: "BAD_USER_INPUT", outcome: "NOT_CREATED", retryable: false };

const bodies = {
  201: '{"ctx_id":"c","data":{"action_id":"a"}}',
  422: '{"detail":[{"type":"t","loc":["body","name"],"msg":"m"}]}',
  500: '{"detail":"x"}',
} as const;
type Status = keyof typeof bodies;
const statuses = [201, 422, 500] as const;
const whole: Record<Status, Verdict> = { 201: good, 422: rejected, 500: lost };

async function run(cases: readonly Case[], environment: Record<string, string> = {}) {
  const byName = new Map(cases.map((scripted) => [scripted.name, scripted]));
  const creates = new Map<string, number>();
  const upstream = await startRawUpstream({
    onRequest({ body }, socket) {
      const { name } = JSON.parse(body);
      creates.set(name, (creates.get(name) ?? 0) + 1);
      const scripted = byName.get(name);
      if (scripted === undefined) throw new Error(`no script for ${name}`);
      const { bytes, ending, splitAt = 0 } = scripted;
      if (splitAt === 0) return sendBytes(socket, bytes, ending);
      socket.write(bytes.subarray(0, splitAt), () => setImmediate(sendBytes, socket, bytes.subarray(splitAt), ending));
    },
  });
  const { url, logLines } = await startService({
    CONTACTSWING_URL: `http://127.0.0.1:${upstream.port}`,
    MAX_IN_FLIGHT: "1000",
    ...environment,
  });
  const verdicts = await concurrently(50, cases, async ({ name }): Promise<Verdict> => {
    const answer = await create(url, { name, webhook: {} });
    if (answer.body.errors === undefined) return good;
    const { code, outcome, retryable } = onlyError(answer).extensions;
    return { code, outcome, retryable };
  });
  return { verdicts, creates, logLines };
}

/** One line a case, so that a failing test says which offsets differ. */
function lines(cases: readonly Case[], verdicts: readonly (Verdict | undefined)[]): string[] {
  return cases.map(({ name }, index) => `${name}: ${Object.values(verdicts[index] ?? {}).join(" ")}`);
}

function cutCases({ bytes }: AnswerBytes, ending: Ending, label: string): Case[] {
  return Array.from({ length: bytes.length + 1 }, (_, offset) => ({
    name: `${label}, ${ending} after ${offset} bytes`,
    bytes: bytes.subarray(0, offset),
    ending,
  }));
}

async function expectVerdicts(cases: readonly Case[], expected: readonly Verdict[], environment = {}) {
  const { verdicts, creates } = await run(cases, environment);

  expect(lines(cases, verdicts)).toEqual(lines(cases, expected));
  expect([...new Set(creates.values())]).toEqual([1]);
  expect(creates.size).toBe(cases.length);
}

describe.each(statuses)("an answer of status %i", (status) => {
  test.each<[Framing, Ending]>([
    ["content-length", "fin"],
    ["content-length", "rst"],
    ["chunked", "fin"],
    ["chunked", "rst"],
  ])("with %s that ends in a %s at any byte says what is known", async (framing, ending) => {
    const answer = answerBytes(status, bodies[status], framing);
    const cases = cutCases(answer, ending, `${status}`);
    const expected = cases.map((_, offset) => {
      if (offset === answer.bytes.length) return whole[status];
      return status === 201 && offset >= answer.headLength ? createdUnread : lost;
    });

    await expectVerdicts(cases, expected);
  });

  test("that is as long as the connection lives is cut short where it is not JSON", async () => {
    const answer = answerBytes(status, bodies[status], "close-delimited");
    const cases = cutCases(answer, "fin", `${status}`);
    const expected = cases.map((_, offset) => {
      if (offset < answer.headLength) return lost;
      return status === 201 && offset < answer.bytes.length ? createdUnread : whole[status];
    });

    await expectVerdicts(cases, expected);
  });

  test.each<Framing>(["content-length", "chunked", "close-delimited"])(
    "with %s that comes in two pieces, parted at any byte, is read as one",
    async (framing) => {
      const { bytes } = answerBytes(status, bodies[status], framing);
      const ending = framing === "close-delimited" ? "fin" : "keep";
      const cases = Array.from({ length: bytes.length - 1 }, (_, index) => ({
        name: `${status} parted after ${index + 1} bytes`,
        bytes,
        ending,
        splitAt: index + 1,
      })) satisfies Case[];

      await expectVerdicts(
        cases,
        cases.map(() => whole[status]),
      );
    },
  );

  test("that stops at any byte and says no more is given up, with what its status said", async () => {
    const answer = answerBytes(status, bodies[status]);
    const cases = cutCases(answer, "silence", `${status}`);
    const expected = cases.map((_, offset) => {
      if (offset === answer.bytes.length) return whole[status];
      return status === 201 && offset >= answer.headLength ? createdLate : late;
    });
    // Fewer calls a service than its circuit breaker counts.
    const batch = 19;
    const starts = Array.from({ length: Math.ceil(cases.length / batch) }, (_, index) => index * batch);

    await concurrently(starts.length, starts, (start) =>
      expectVerdicts(cases.slice(start, start + batch), expected.slice(start, start + batch), {
        UPSTREAM_TIMEOUT_MS: "1000",
      }),
    );
  });
});

// An upstream that ends a connection says so before, else the next call may take it while its end is on the way.
const lastAnswer = "Connection: close";

/** The status line's status, as far as there is one: what an upstream says of itself is all that can be believed. */
function statusIn(bytes: Buffer): number | undefined {
  const status = /^HTTP\/1\.[01] (\d{3})\b/.exec(bytes.toString("latin1"))?.[1];
  return status === undefined ? undefined : Number(status);
}

/** Whether something may have been created, as far as what was sent can be believed. */
function mayHaveCreated(bytes: Buffer): boolean {
  const status = statusIn(bytes);
  return status === undefined || status < 300 || status >= 500;
}

const codes = [
  "none",
  "BAD_USER_INPUT",
  "UNAUTHENTICATED",
  "FORBIDDEN",
  "CONFLICT",
  "RATE_LIMITED",
  "UPSTREAM_ERROR",
  "UPSTREAM_TIMEOUT",
  "UPSTREAM_BAD_RESPONSE",
];

async function expectHonesty(cases: readonly Case[]) {
  const { verdicts, creates, logLines } = await run(cases);

  verdicts.forEach(({ code, outcome, retryable }, index) => {
    const { name, bytes } = cases[index] as Case;
    expect([name, codes.includes(code)]).toEqual([name, true]);
    if (outcome === "NOT_CREATED") expect([name, mayHaveCreated(bytes)]).toEqual([name, false]);
    if (outcome === "CREATED" || code === "none") expect([name, mayHaveCreated(bytes)]).toEqual([name, true]);
    if (retryable) expect([name, outcome]).toEqual([name, "NOT_CREATED"]);
    expect([name, creates.get(name)]).toEqual([name, 1]);
  });
  expect(logLines.filter((line) => line.includes("internal error"))).toEqual([]);
}

test.each<[Status, Framing]>([
  [201, "content-length"],
  [201, "chunked"],
  [422, "content-length"],
])(
  "an answer of status %i with %s and any one byte corrupted is believed no further than it can be",
  async (status, framing) => {
    const { bytes } = answerBytes(status, bodies[status], framing, [lastAnswer]);
    const corruptions = [(byte: number) => byte ^ 1, (byte: number) => byte ^ 0x80];
    const cases = Array.from(bytes, (byte, offset) =>
      corruptions.map((corrupt, kind): Case => {
        const corrupted = Buffer.from(bytes);
        corrupted[offset] = corrupt(byte);
        return { name: `${offset}/${kind}`, bytes: corrupted, ending: "fin" };
      }),
    ).flat();

    await expectHonesty(cases);
  },
);

test("any bytes at all as an answer give one of the known codes", async () => {
  const body = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(Buffer.from), fc.string().map(Buffer.from));
  const framed = fc
    .record({
      status: fc.oneof(
        fc.constantFrom(200, 201, 204, 400, 401, 403, 409, 422, 429, 500),
        fc.integer({ min: 100, max: 999 }),
      ),
      type: fc.constantFrom("application/json", "text/html", "text/plain", "", "\u00ff;;"),
      encoding: fc.constantFrom("", "Content-Encoding: gzip\r\n", "Content-Encoding: br\r\n"),
      body,
    })
    .map(({ status, type, encoding, body }) =>
      Buffer.concat([
        Buffer.from(
          `HTTP/1.1 ${status} X\r\n${lastAnswer}\r\nContent-Type: ${type}\r\n${encoding}Content-Length: ${body.length}\r\n\r\n`,
          "latin1",
        ),
        body,
      ]),
    );
  const bytes = fc.oneof({ weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) }, { weight: 3, arbitrary: framed });
  const endings = fc.constantFrom<Ending>("fin", "rst");

  // In every name, so that a failure can be repeated.
  const seed = Math.floor(Math.random() * 0x7fffffff);
  const cases = fc
    .sample(fc.tuple(bytes, endings), { numRuns: 300, seed })
    .map(([bytes, ending], index): Case => ({ name: `${index} of ${seed}`, bytes: Buffer.from(bytes), ending }));
  await expectHonesty(cases);
});

const createdBytes = answerBytes(201, bodies[201]).bytes;
const conflict: Verdict = { code: "CONFLICT", outcome: "NOT_CREATED", retryable: false };
const gzipped = gzipSync(bodies[201]);
/** A 201 whose body is the beginning of a compressed one; `length` is what its head says. */
const compressed = (sentBytes: number, length: number) =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: ${length}\r\n\r\n`),
    gzipped.subarray(0, sentBytes),
  ]);
const odd: [string, string | Buffer, Ending, Verdict][] = [
  ["nothing", "", "fin", lost],
  ["noise", Buffer.from("fe00ff10".repeat(100), "hex"), "fin", lost],
  ["the answer of another protocol", "SSH-2.0-OpenSSH_9.6\r\n", "fin", lost],
  ["a status line of HTTP/0.9", "<html>created</html>", "fin", lost],
  [
    "100 and 103 before the answer",
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n${createdBytes}`,
    "keep",
    good,
  ],
  ["100 and then nothing", "HTTP/1.1 100 Continue\r\n\r\n", "fin", lost],
  [
    "101, a switch that nobody asked for",
    "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "keep",
    lost,
  ],
  ["a header of a megabyte", `HTTP/1.1 201 Created\r\nX-Long: ${"x".repeat(1_000_000)}\r\n\r\n`, "fin", lost],
  ["ten thousand headers", `HTTP/1.1 201 Created\r\n${"X-Many: 1\r\n".repeat(10_000)}\r\n`, "fin", lost],
  ["two lengths", "HTTP/1.1 201 Created\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", "fin", lost],
  [
    "a length and chunks",
    "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "fin",
    lost,
  ],
  ["a length that is no number", "HTTP/1.1 201 Created\r\nContent-Length: many\r\n\r\n{}", "fin", lost],
  [
    "a chunk size that is no number",
    "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "fin",
    createdUnread,
  ],
  ["HTTP/1.0", `HTTP/1.0 201 Created\r\n\r\n${bodies[201]}`, "fin", good],
  [
    "a byte order mark",
    `HTTP/1.1 201 Created\r\nContent-Length: ${bodies[201].length + 3}\r\n\r\n\ufeff${bodies[201]}`,
    "keep",
    good,
  ],
  ["two answers at once", Buffer.concat([createdBytes, createdBytes]), "fin", good],
  [
    "a body after 204",
    `HTTP/1.1 204 No\r\nContent-Length: 39\r\n\r\n${bodies[201]}`,
    "fin",
    { ...createdUnread, outcome: "UNKNOWN" },
  ],
  ["JSON nested 400,000 deep", answerBytes(409, "[".repeat(400_000) + "]".repeat(400_000)).bytes, "keep", conflict],
  ["JSON open 1,000,000 deep", answerBytes(409, '{"a":'.repeat(200_000)).bytes, "keep", conflict],
  [
    "a refusal of more than 1 MiB",
    answerBytes(409, JSON.stringify({ detail: "x".repeat(1_048_576) })).bytes,
    "keep",
    conflict,
  ],
  ["compressed", compressed(gzipped.length, gzipped.length), "fin", good],
  ["compressed, and cut in transit", compressed(30, gzipped.length), "fin", createdUnread],
  ["compressed, and cut before it was sent", compressed(30, 30), "fin", createdUnread],
];

test.each(odd)("an answer that is %s is what it can be", async (name, bytes, ending, expected) => {
  const cases: Case[] = [{ name, bytes: Buffer.from(bytes), ending }];

  await expectVerdicts(cases, [expected]);
});

test("informational answers without end run into the time limit", async () => {
  const upstream = await startRawUpstream({
    onRequest(_request, socket) {
      const send = () => socket.writable && socket.write("HTTP/1.1 102 Processing\r\n\r\n", () => setImmediate(send));
      send();
    },
  });
  const { url } = await startService({
    CONTACTSWING_URL: `http://127.0.0.1:${upstream.port}`,
    UPSTREAM_TIMEOUT_MS: "200",
  });

  const { code, outcome, retryable } = onlyError(await create(url, { name: "n", webhook: {} })).extensions;

  expect({ code, outcome, retryable }).toEqual(late);
  expect(upstream.requests.length).toBe(1);
});

test("an answer without end is cut at 1 MiB", async () => {
  let sentBytes = 0;
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const upstream = await startRawUpstream({
    onRequest(_request, socket) {
      socket.write("HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n");
      const send = () => {
        sentBytes += chunk.length;
        socket.write(chunk, () => socket.writable && setImmediate(send));
      };
      send();
    },
  });
  const { url } = await startService({ CONTACTSWING_URL: `http://127.0.0.1:${upstream.port}` });

  const { code, outcome, retryable } = onlyError(await create(url, { name: "n", webhook: {} })).extensions;

  expect({ code, outcome, retryable }).toEqual(createdUnread);
  expect(sentBytes).toBeGreaterThan(1_048_576);
});

test("an answer that comes when nobody waits is nobody's", async () => {
  const upstream = await startRawUpstream({
    onRequest({ body }, socket) {
      const id = JSON.parse(body).name;
      const answer = (actionId: string) => answerBytes(201, `{"data":{"action_id":"${actionId}"}}`).bytes;
      sendBytes(socket, answer(id), "keep");
      if (id === "first") socket.write(answer("stray"));
    },
  });
  const { url } = await startService({ CONTACTSWING_URL: `http://127.0.0.1:${upstream.port}` });
  const ended = async () => new Promise((resolve) => upstream.connections[0]?.once("close", resolve));

  const first = await create(url, { name: "first", webhook: {} });
  const answeredAt = performance.now();
  await ended();
  // At once, and not only when the connection has been idle for four seconds.
  expect(performance.now() - answeredAt).toBeLessThan(2000);
  const second = await create(url, { name: "second", webhook: {} });

  expect([first, second].map(({ body }) => body.data.createDataExtractionAction.action.id)).toEqual([
    "first",
    "second",
  ]);
});
