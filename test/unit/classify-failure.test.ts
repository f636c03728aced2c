import { describe, expect, test } from "@jest/globals";
import { classifyFailure, readCtxId, statusOf } from "../../src/contactswing/classify-failure.ts";
import type { Answer, Exchange } from "../../src/contactswing/transport.ts";
import type { Failure } from "../../src/failures/failure.ts";

const secrets = { token: "canary-token-of-mine", host: "api.contactswing.zone" };
const endedAt = Date.UTC(2024, 0, 1, 12, 0, 0);
const page = "<!DOCTYPE html><p>words</p>";

const classify = (exchange: Exchange, isCreate = true) => classifyFailure(exchange, { isCreate, secrets, endedAt });

/** An answer with a JSON body, unless its content type is told. */
function answer(status: number, body: unknown, given: Partial<Answer> = {}): Exchange {
  const text = given.contentType === undefined ? JSON.stringify(body) : String(body);
  const rest = { contentType: "application/json", retryAfter: undefined, isOversized: false, ...given };
  return { kind: "answer", answer: { status, body: text, ...rest } };
}

describe("an exchange without a whole answer", () => {
  const upstream = (status: number) => ({ upstream: { status, ctxId: null } });

  test.each<[Exchange, Failure, Failure?]>([
    [{ kind: "no-connection", phase: "tcp" }, { kind: "unreachable" }],
    [{ kind: "timeout" }, { kind: "timeout" }],
    [
      { kind: "timeout", status: 200 },
      { kind: "timeout", ...upstream(200) },
    ],
    [
      { kind: "timeout", status: 201 },
      { kind: "timeout-after-created", ...upstream(201) },
      { kind: "timeout", ...upstream(201) },
    ],
    [{ kind: "connection-lost" }, { kind: "connection-lost" }],
    [
      { kind: "connection-lost", status: 199 },
      { kind: "connection-lost", ...upstream(199) },
    ],
    [
      { kind: "connection-lost", status: 200 },
      { kind: "bad-response", ...upstream(200) },
    ],
    [
      { kind: "connection-lost", status: 201 },
      { kind: "bad-response-after-created", ...upstream(201) },
      { kind: "bad-response", ...upstream(201) },
    ],
    [
      { kind: "connection-lost", status: 299 },
      { kind: "bad-response", ...upstream(299) },
    ],
    [
      { kind: "connection-lost", status: 300 },
      { kind: "connection-lost", ...upstream(300) },
    ],
  ])("%j of a create is %j", (exchange, ofCreate, ofRead = ofCreate) => {
    expect(classify(exchange)).toEqual(ofCreate);
    expect(classify(exchange, false)).toEqual(ofRead);
    expect(statusOf(exchange)).toBe(exchange.kind === "no-connection" ? undefined : ofCreate.upstream?.status);
  });
});

describe("a status", () => {
  test.each([
    [199, "server-error"],
    [200, "bad-response"],
    [201, "bad-response-after-created"],
    [299, "bad-response"],
    [300, "request-refused"],
    [400, "input-rejected"],
    [401, "token-rejected"],
    [402, "request-refused"],
    [403, "forbidden"],
    [404, "request-refused"],
    [409, "conflict"],
    [422, "input-rejected"],
    [429, "rate-limited"],
    [499, "request-refused"],
    [500, "server-error"],
  ] as const)("of %i that brings an id means %s", (status, kind) => {
    const exchange = answer(status, { ctx_id: "ctx-1" });

    expect(classify(exchange)).toStrictEqual({ kind, upstream: { status, ctxId: "ctx-1" } });
    expect(statusOf(exchange)).toBe(status);
  });

  test("of 201 says of a read only that its answer is bad", () => {
    expect(classify(answer(201, {}), false).kind).toBe("bad-response");
  });

  test.each([
    [400, "input-rejected"],
    [401, "request-refused"],
    [403, "request-refused"],
    [404, "request-refused"],
    [409, "conflict"],
    [429, "rate-limited"],
    [500, "server-error"],
  ] as const)("of %i with a web page means %s, without a word of the page", (status, kind) => {
    const isJson = '{"detail": "words", "ctx_id": "c"}';

    for (const exchange of [
      answer(status, page, { contentType: "" }),
      answer(status, isJson, { contentType: "text/html" }),
    ])
      expect(classify(exchange)).toEqual({ kind, upstream: { status, ctxId: null } });
  });
});

describe("the token", () => {
  const aboutHeader = [
    { loc: ["body"], msg: "m", type: "t" },
    { loc: ["header", "authorization"], msg: "m", type: "t" },
  ];

  test.each([
    [403, "Not authenticated", "token-rejected"],
    [403, "Not authenticated.", "forbidden"],
    [400, "Not authenticated", "input-rejected"],
    [422, "Not authenticated", "input-rejected"],
    [422, aboutHeader, "token-rejected"],
    [400, aboutHeader, "input-rejected"],
    [403, aboutHeader, "forbidden"],
  ])("is what %i with %j is about, or not: %s", (status, detail, kind) => {
    expect(classify(answer(status, { detail })).kind).toBe(kind);
  });

  test("needs no more words", () => {
    expect(classify(answer(422, { detail: aboutHeader }))).toEqual({
      kind: "token-rejected",
      upstream: { status: 422, ctxId: null },
    });
  });
});

describe("words", () => {
  const textOf = (exchange: Exchange) => classify(exchange).text;

  test.each([400, 403, 409, 422])("of a %i are passed on", (status) => {
    expect(textOf(answer(status, { detail: "words" }))).toBe("words");
  });

  test.each([401, 404, 429, 500])("of a %i are not", (status) => {
    expect(textOf(answer(status, { detail: "words" }))).toBeUndefined();
  });

  test.each([
    [{ detail: "a", message: "b", error: "c" }, "a"],
    [{ message: "b", msg: "c", error: "d" }, "b"],
    [{ msg: "c", error: "d" }, "c"],
    [{ error: "d" }, "d"],
    [{ error: { message: "e" } }, "e"],
    [{ detail: { message: "a", msg: "b" } }, "a"],
    [{ detail: { msg: "b", error: "c" } }, "b"],
    [{ detail: { error: "c", detail: "d" } }, "c"],
    [{ detail: { detail: "d" } }, "d"],
    [{ detail: ["a", "b"] }, "a"],
    [{ detail: [{ msg: "a" }] }, "a"],
    [{ detail: "", message: "b" }, "b"],
    [{ detail: " \n ", message: "b" }, "b"],
    [{ detail: page, message: "b" }, "b"],
    [{ detail: 7, message: 8, error: "c" }, "c"],
    [["a", "b"], "a"],
    ["a", "a"],
    [[], undefined],
    [7, undefined],
    [null, undefined],
    [{}, undefined],
  ])("of the JSON %j are %j", (body, text) => {
    expect(textOf(answer(400, body))).toBe(text);
  });

  test.each([
    ["text/plain", "words"],
    ["TEXT/PLAIN; charset=utf-8", "words"],
    ["text/plainer", undefined],
    ["x-text/plain", undefined],
    ["application/json", undefined],
  ])("that are not JSON are taken as %s: %j", (contentType, text) => {
    expect(textOf(answer(400, "words", { contentType }))).toBe(text);
  });

  test("that are JSON are read as such whatever they say they are", () => {
    expect(textOf(answer(400, '{"detail": "words"}', { contentType: "text/plain" }))).toBe("words");
    expect(textOf(answer(400, "{}", { contentType: "text/plain" }))).toBeUndefined();
  });

  test("hold neither the token nor the host", () => {
    const detail = `${secrets.token} at ${secrets.host}`;

    expect(textOf(answer(400, { detail }))).toBe("[token] at [host]");
    expect(textOf(answer(400, detail, { contentType: "text/plain" }))).toBe("[token] at [host]");
  });
});

describe("a validation list", () => {
  const problemsOf = (detail: unknown, status = 422) => classify(answer(status, { detail })).restProblems;
  const rejected = "ContactSwing rejected this value.";

  test.each([400, 422])("of a %i is read entry by entry, without more words", (status) => {
    const detail = [
      { type: "missing", loc: ["body", "webhook", 0], msg: "Field required", input: "canary", url: "canary" },
      { type: "value_error.missing", loc: [], msg: "field required" },
    ];

    expect(classify(answer(status, { detail, message: "words" }))).toEqual({
      kind: "input-rejected",
      upstream: { status, ctxId: null },
      restProblems: [
        { location: ["body", "webhook", 0], message: "Field required", rule: "missing" },
        { location: [], message: "field required", rule: "value_error.missing" },
      ],
    });
  });

  test("of another status is no more than its words", () => {
    const detail = [{ type: "missing", loc: ["body"], msg: "Field required" }];

    expect(classify(answer(409, { detail }))).toStrictEqual({
      kind: "conflict",
      upstream: { status: 409, ctxId: null },
      text: "Field required",
    });
  });

  test.each(["text", [], ["entry"], [null], [{ msg: "m" }], [{ loc: "body", msg: "m" }], { 0: { loc: [], msg: "m" } }])(
    "is none as %j",
    (detail) => {
      expect(problemsOf(detail)).toBeUndefined();
    },
  );

  test("keeps texts and numbers of a location", () => {
    const [problem] = problemsOf([{ loc: ["body", true, 7, null, {}, "x"], msg: "m", type: "t" }]) ?? [];

    expect(problem?.location).toEqual(["body", 7, "x"]);
  });

  test.each([
    ["words of theirs", "words of theirs"],
    [`${secrets.token} at ${secrets.host}`, "[token] at [host]"],
    ["", rejected],
    [" ", rejected],
    [page, rejected],
    [7, rejected],
  ])("says for the message %j: %s", (msg, message) => {
    expect(problemsOf([{ loc: [], msg, type: "t" }])?.[0]?.message).toBe(message);
  });

  test.each([
    ["string_too_short", "string_too_short"],
    ["value_error.any_str.min-length", "value_error.any_str.min-length"],
    ["x".repeat(64), "x".repeat(64)],
    ["x".repeat(65), "upstream"],
    ["", "upstream"],
    ["two words", "upstream"],
    ["(rule", "upstream"],
    ["rule)", "upstream"],
    [secrets.host, "upstream"],
    [secrets.token, "upstream"],
    [7, "upstream"],
  ])("says for the type %j: %s", (type, rule) => {
    expect(problemsOf([{ loc: [], msg: "m", type }])?.[0]?.rule).toBe(rule);
  });

  test("is read up to its hundredth entry", () => {
    const entries = Array.from({ length: 101 }, (_, index) => ({ loc: [index], msg: "m", type: "t" }));

    expect(problemsOf(entries)?.map(({ location }) => location)).toEqual(entries.slice(0, 100).map(({ loc }) => loc));
  });
});

describe("a Retry-After", () => {
  const secondsOf = (retryAfter: string | undefined) => classify(answer(429, {}, { retryAfter })).retryAfterSeconds;
  const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

  test.each<[string | undefined, number | undefined]>([
    ["0", 0],
    ["7", 7],
    [" 7\t", 7],
    ["999999999", 999_999_999],
    ["1000000000", undefined],
    ["7s", undefined],
    ["-7", undefined],
    ["7.5", undefined],
    ["", undefined],
    [undefined, undefined],
    ["Mon, 01 Jan 2024 12:00:30 GMT", 30],
    [" Mon, 01 Jan 2024 12:00:30 GMT ", 30],
    ["Monday, 01-Jan-24 12:00:30 GMT", 30],
    ["Mon Jan  1 12:00:30 2024", 30],
    ["Mon, 01 Jan 2024 11:59:30 GMT", 0],
    ["01 Jan 2024 12:00:30 GMT", undefined],
    ["on Mon, 01 Jan 2024 12:00:30 GMT", undefined],
    ["Mon, 01 Jan 2024 GMT", undefined],
    ["Mon, 01 Jan 2024 1:00:30 GMT", undefined],
    ["Mon, 01 Jan 2024 13:0:30 GMT", undefined],
    ["Mon, 01 Jan 2024 13:00:3 GMT", undefined],
    ["Mon, nonsense 12:00:30 GMT", undefined],
  ])("of %j means %j", (retryAfter, seconds) => {
    expect(secondsOf(retryAfter)).toBe(seconds);
  });

  test.each(days)("may begin with %s", (day) => {
    expect(secondsOf(`${day}, 01 Jan 2024 12:00:30 GMT`)).toBe(30);
  });

  test("is rounded up to whole seconds", () => {
    const { retryAfterSeconds } = classifyFailure(answer(429, {}, { retryAfter: "Mon, 01 Jan 2024 12:00:30 GMT" }), {
      isCreate: true,
      secrets,
      endedAt: endedAt + 999,
    });

    expect(retryAfterSeconds).toBe(30);
  });

  test("says nothing beside another status", () => {
    expect(classify(answer(503, {}, { retryAfter: "7" }))).not.toHaveProperty("retryAfterSeconds");
  });
});

test.each([
  [{ ctx_id: "c" }, "c"],
  [{ ctx_id: "c".repeat(255) }, "c".repeat(255)],
  [{ ctx_id: "c".repeat(256) }, null],
  [{ ctx_id: `c ${secrets.token}` }, null],
  [{ ctx_id: "" }, null],
  [{ ctx_id: 7 }, null],
  [{}, null],
  [[], null],
  [undefined, null],
])("takes from %j the id %j", (body, ctxId) => {
  expect(readCtxId(body, secrets)).toBe(ctxId);
});
