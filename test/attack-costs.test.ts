// What attacks cost a service in its own process, while somebody else uses it.
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { startAttacked, startInnocentClient } from "./helpers/attacked-service.ts";
import { onlyError, readResponse, send } from "./helpers/graphql.ts";
import { eventually } from "./helpers/process.ts";
import { openConnection, parseResponse, sendRaw } from "./helpers/raw-http.ts";
import { endsWithLargeResponse, longAction, requestLargeResponse } from "./helpers/slow-client.ts";
import type { ScriptedResponse } from "./helpers/upstream.ts";

const mebibyte = 1024 * 1024;
/** The chart allows 512 MiB. */
const maxResidentBytes = 320 * mebibyte;
/** How long an attack that holds something goes on. */
const lastingMs = 1000;

interface Attack {
  /** It may cost as much as this many ordinary requests: several times of what it does. */
  readonly worthRequests: number;
  readonly run: (url: string) => Promise<void>;
  /** ContactSwing's response to everything. */
  readonly response?: ScriptedResponse;
}

const head = "POST /graphql HTTP/1.1\r\nHost: bff\r\nContent-Type: application/json\r\n";

/** Sends one body several times, compressed and without a token. */
async function repeatCompressed(url: string, times: number, body: object, status: number, code?: string) {
  const compressed = gzipSync(JSON.stringify(body));
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  for (let count = 0; count < times; count += 1) {
    const response = await readResponse(await fetch(`${url}/graphql`, { method: "POST", headers, body: compressed }));
    expect(response.status).toBe(status);
    if (code !== undefined) expect(onlyError(response).extensions.code).toBe(code);
  }
}

const entitiesOf = (selection: string) =>
  `query ($r: [_Any!]!) { _entities(representations: $r) { ... on DataExtractionAction { ${selection} } } }`;

const createInFragment = `mutation ($input: CreateDataExtractionActionInput!) { ...F }
  fragment F on Mutation { createDataExtractionAction(input: $input) { ctxId } }`;
const unknownKeys = Object.fromEntries(Array.from({ length: 1200 }, (_, index) => [`key${index}`, 1]));

const longText = "x".repeat(255);
const storedWebhook = {
  mandatory: true,
  name: longText,
  description: "x".repeat(2000),
  type: "yes/no",
  sync_data: true,
  sync_module: longText,
  sync_field: longText,
};
const storedAction: ScriptedResponse = {
  status: 200,
  body: { data: { id: "a", name: longText, type: "SINGLEDATAEXTRACTION", webhook: storedWebhook } },
};
const everyWebhookField = "webhook { mandatory name description type rawType syncData syncModule syncField }";
const aliasesOf = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(" ");

/** Sends the same query several times at once, with a token. */
async function readManyEntities(url: string, times: number, aliases: number): Promise<void> {
  const representations = Array.from({ length: 1000 }, () => ({ __typename: "DataExtractionAction", id: "a" }));
  const body = { query: entitiesOf(aliasesOf(aliases, everyWebhookField)), variables: { r: representations } };
  const responses = await Promise.all(Array.from({ length: times }, () => send(url, body, token)));
  const codes = responses.flatMap(({ body }) => body.errors?.map(({ extensions }) => extensions.code));
  expect(new Set(codes)).toEqual(new Set(["OPERATION_LIMIT_EXCEEDED"]));
}

/** Sends bytes on several connections, and reads nothing. @returns the connections. */
async function writeUnread(url: string, connections: number, bytes: string): Promise<Socket[]> {
  return Promise.all(
    Array.from({ length: connections }, async () => {
      const { socket } = await openConnection(url);
      socket.pause();
      socket.write(bytes);
      return socket;
    }),
  );
}

const sized = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const request = (body: string) => head + sized(body);
const token = { authorization: "Bearer t" };
const typename = '{"query":"{__typename}"}';
/** Each response has some 30 kB. */
const sdl = '{"query":"{_service{sdl}}"}';

const attacks: Record<string, Attack> = {
  "51,000 nulls for _entities": {
    worthRequests: 800,
    run: (url) =>
      repeatCompressed(
        url,
        20,
        { query: entitiesOf("id"), variables: { r: Array(51_000).fill(null) } },
        413,
        "PAYLOAD_TOO_LARGE",
      ),
  },
  "unknown keys and a long text, with the root field in a fragment": {
    worthRequests: 800,
    run: (url) =>
      repeatCompressed(
        url,
        20,
        { query: createInFragment, variables: { input: { ...unknownKeys, name: "x".repeat(200_000) } } },
        400,
        "BAD_USER_INPUT",
      ),
  },
  "80,000 empty objects": {
    worthRequests: 1200,
    run: (url) => {
      const variables = { x: { constructor: 1 }, a: Array.from({ length: 80_000 }, () => ({})) };
      return repeatCompressed(url, 30, { query: "{ __typename }", variables }, 413, "PAYLOAD_TOO_LARGE");
    },
  },
  "261,000 commas inside the query": {
    worthRequests: 1200,
    run: (url) => repeatCompressed(url, 30, { query: `{ __typename ${",".repeat(261_000)} }` }, 200),
  },
  "16,000 spaces in Content-Type": {
    worthRequests: 400,
    async run(url) {
      const contentType = `application/json;${" ".repeat(16_000)}x`;
      const request = `POST /graphql HTTP/1.1\r\nHost: bff\r\nConnection: close\r\nContent-Type: ${contentType}\r\n${sized(typename)}`;
      const texts = await Promise.all(Array.from({ length: 10 }, () => sendRaw(url, request)));
      expect(texts.map((text) => parseResponse(text).status)).toEqual(Array(10).fill(415));
    },
  },
  "600 pipelined requests of a client that never reads, on 8 connections": {
    worthRequests: 2000,
    async run(url) {
      const sockets = await writeUnread(url, 8, request(sdl).repeat(600));
      await delay(lastingMs);
      for (const socket of sockets) socket.resume();
      await eventually(() => sockets.every(({ destroyed }) => destroyed), "the connections to be closed");
    },
  },
  "1,500 pipelined requests for /metrics": {
    worthRequests: 800,
    async run(url) {
      const [socket] = await writeUnread(url, 1, "GET /metrics HTTP/1.1\r\nHost: bff\r\n\r\n".repeat(1500));
      socket?.resume();
      await eventually(() => socket?.destroyed, "the connection to be closed");
    },
  },
  "1,000 references with 30 aliases of long texts": {
    worthRequests: 500,
    response: storedAction,
    run: (url) => readManyEntities(url, 3, 30),
  },
  "1,000 references with as many long texts as their number allows": {
    worthRequests: 1500,
    response: storedAction,
    run: (url) => readManyEntities(url, 3, 2),
  },
  "2,100 connections while a slow client reads a large response": {
    worthRequests: 6000,
    response: longAction,
    async run(url) {
      const { received, readOn } = await requestLargeResponse(url);
      await eventually(() => received().length > 0, "the first part of the response");
      for (let batch = 0; batch < 21; batch += 1) await writeUnread(url, 100, "");
      readOn();
      await eventually(() => endsWithLargeResponse(received()), "the whole response");
    },
  },
  "3,000 connections that announce a body and send none": {
    worthRequests: 6000,
    async run(url) {
      const announced = `${head}Content-Length: 1000\r\n\r\n`;
      for (let batch = 0; batch < 30; batch += 1) await writeUnread(url, 100, announced);
      await delay(lastingMs);
    },
  },
};

describe("an attack leaves everybody else served", () => {
  test.each(Object.entries(attacks))("%s", async (_case, { worthRequests, run, response }) => {
    const service = await startAttacked(response && (() => response));
    const innocent = startInnocentClient(service.url);
    const before = service.cpuSeconds();

    await run(service.url);

    const cost = (service.cpuSeconds() - before) / service.ordinaryCpuSeconds;
    await innocent.expectServed();
    expect(cost).toBeLessThan(worthRequests);
    expect(service.peakResidentBytes()).toBeLessThan(maxResidentBytes);
    expect(service.child.exitCode).toBeNull();
  });
});
