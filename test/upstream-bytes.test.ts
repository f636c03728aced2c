import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { concurrently } from "./helpers/concurrently.ts";
import { createdBody, createdBytes, createVerdict, startOn, verdicts } from "./helpers/create-verdict.ts";
import { type Ending, type Framing, responseBytes, sendBytes, startRawUpstream } from "./helpers/raw-upstream.ts";

const { created, lost, badCreated, late, lateCreated, invalid, conflict } = verdicts;

interface Case {
  readonly name: string;
  readonly bytes: Buffer;
  readonly ending: Ending;
}

/** What a create request gets for each response. The upstream finds the response by the action's name. */
async function runCases(cases: readonly Case[], environment: Record<string, string> = {}) {
  const byName = new Map(cases.map((scripted) => [scripted.name, scripted]));
  const requests: string[] = [];
  const upstream = await startRawUpstream({
    onRequest({ body }, socket) {
      const { name } = JSON.parse(body);
      requests.push(name);
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
  const results = await concurrently(8, batches, async (batch) => {
    const { url, logLines } = await startOn(upstream.port, environment);
    const ends = await Promise.all(batch.map(({ name }) => createVerdict(url, name)));
    expect(logLines.filter((line) => line.includes("internal error"))).toEqual([]);
    return ends;
  });
  // Nothing is ever sent twice.
  expect(new Set(requests).size).toBe(requests.length);
  return results.flat();
}

describe("a response that ends early", () => {
  test.each<[number, string, Framing, Ending, string]>([
    [201, createdBody, "content-length", "fin", created],
    [201, createdBody, "chunked", "rst", created],
    [201, createdBody, "close-delimited", "fin", created],
    [201, createdBody, "content-length", "silence", created],
    [422, '{"detail":[{"type":"t","loc":["body","name"],"msg":"m"}]}', "content-length", "fin", invalid],
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
      // Once its head is there, a 422 says that nothing was created.
      if (status === 422 && end >= headLength) return invalid;
      if (status !== 201 || end < headLength) return isSilent ? late : lost;
      return isSilent ? lateCreated : badCreated;
    });

    const ends = await runCases(cases, isSilent ? { UPSTREAM_TIMEOUT_MS: "1000" } : {});

    const withNames = (all: readonly string[]) => all.map((verdict, index) => `${cases[index]?.name}: ${verdict}`);
    expect(withNames(ends)).toEqual(withNames(expected));
  });
});

test("a response of arbitrary bytes invents no outcome", async () => {
  const response = fc
    .record({
      // All of them mean that the action may exist.
      status: fc.constantFrom(200, 201, 204, 299, 500, 599, 600, 999),
      type: fc.constantFrom("application/json", "text/html", "", "\u00ff;;"),
      encoding: fc.constantFrom("", "Content-Encoding: gzip\r\n", "Content-Encoding: br\r\n"),
      body: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.json().map(Buffer.from)),
    })
    .map(({ status, type, encoding, body }) => {
      // An upstream that closes a connection announces it, else the next request may take that connection.
      const lines = `HTTP/1.1 ${status} X\r\nConnection: close\r\nContent-Type: ${type}\r\n${encoding}`;
      return Buffer.concat([Buffer.from(`${lines}Content-Length: ${body.length}\r\n\r\n`, "latin1"), body]);
    });
  const cases = fc
    .sample(fc.tuple(response, fc.constantFrom<Ending>("fin", "rst")), 150)
    .map(([bytes, ending], index): Case => ({ name: `response ${index}`, bytes, ending }));

  const ends = await runCases(cases);

  const honest = [created, lost, badCreated, "UPSTREAM_BAD_RESPONSE UNKNOWN"];
  expect(cases.filter((_, index) => !honest.includes(ends[index] ?? ""))).toEqual([]);
});

const gzipped = gzipSync(createdBody);
/** A 201 whose body is the beginning of a compressed one; `length` is what its head says. */
const compressed = (sentBytes: number, length: number) =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\nContent-Length: ${length}\r\n\r\n`),
    gzipped.subarray(0, sentBytes),
  ]);
const head = "HTTP/1.1 201 Created\r\n";
const interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n";

test.each<[string, string | Buffer, Ending, string]>([
  ["the greeting of another protocol", "SSH-2.0-OpenSSH_9.6\r\n", "fin", lost],
  ["HTTP/1.0", `HTTP/1.0 201 Created\r\n\r\n${createdBody}`, "fin", created],
  ["100 and 103 first", `${interim}${createdBytes}`, "keep", created],
  ["101 unasked", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "keep", lost],
  ["a header of a megabyte", `${head}X-Long: ${"x".repeat(1_000_000)}\r\n\r\n`, "fin", lost],
  [
    "a header of 20 KB",
    `${head}X-Long: ${"x".repeat(20_000)}\r\nConnection: close\r\n\r\n${createdBody}`,
    "fin",
    created,
  ],
  ["two lengths", `${head}Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}`, "fin", lost],
  ["a chunk size that is not a number", `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, "fin", badCreated],
  ["JSON after a byte order mark", `${head}Connection: close\r\n\r\n\ufeff${createdBody}`, "fin", created],
  ["JSON nested 400,000 deep", responseBytes(409, "[".repeat(400_000) + "]".repeat(400_000)).bytes, "keep", conflict],
  ["a 409 over 1 MiB", responseBytes(409, JSON.stringify({ detail: "x".repeat(1_048_576) })).bytes, "keep", conflict],
  ["gzip", compressed(gzipped.length, gzipped.length), "fin", created],
  ["gzip, cut in transit", compressed(30, gzipped.length), "fin", badCreated],
  ["gzip, cut before it was sent", compressed(30, 30), "fin", badCreated],
])("a response that is %s is read as far as it can be", async (name, bytes, ending, expected) => {
  expect(await runCases([{ name, bytes: Buffer.from(bytes), ending }])).toEqual([expected]);
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

  expect(await createVerdict(url)).toBe(badCreated);
  expect(sentBytes).toBeGreaterThan(1_048_576);
});
