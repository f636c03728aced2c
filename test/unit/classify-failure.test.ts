import { describe, expect, test } from "@jest/globals";
import { classifyLostExchange, classifyResponse, readCtxId } from "../../src/contactswing/classify-failure.ts";
import { createTranslator } from "../../src/contactswing/field-names.ts";
import { parseJson } from "../../src/contactswing/json.ts";
import { isHtml } from "../../src/contactswing/plain-text.ts";
import type { Failure } from "../../src/failures/failure.ts";

const secrets = { token: "canary-token-of-mine", host: "api.contactswing.zone" };
const endedAt = Date.UTC(2024, 0, 1, 12, 0, 0);
const page = "<!DOCTYPE html><p>text</p>";
const translator = createTranslator({ syncField: "sync_field" }, "input", ["input"]);

const contextOf = (effect: "create" | "read", isInputFromCaller = true) => ({
  operation: { effect, isInputFromCaller, translator },
  secrets,
  endedAt,
});

interface Given {
  readonly contentType?: string;
  readonly retryAfter?: string | undefined;
  readonly effect?: "create" | "read";
  readonly isInputFromCaller?: boolean;
  readonly endedAt?: number;
}

/** Classifies a response with a JSON body, or with text if its content type is given. */
function classify(status: number, body: unknown, given: Given = {}): Failure {
  const { contentType = "application/json", retryAfter, effect = "create", isInputFromCaller = true } = given;
  const text = given.contentType === undefined ? JSON.stringify(body) : String(body);
  return classifyResponse(
    { status, body: parseJson(text), isOversized: false, isPage: isHtml(contentType, text) },
    { status, contentType, retryAfter, body: text, isOversized: false },
    { ...contextOf(effect, isInputFromCaller), endedAt: given.endedAt ?? endedAt },
  );
}

describe("an exchange without a response", () => {
  type Lost = Parameters<typeof classifyLostExchange>[0];
  const networkErrorCode = "ECODE";
  const upstream = (status: number) => ({ upstream: { status, ctxId: null } });

  test.each<[Omit<Lost, "networkErrorCode">, Failure, Failure?]>([
    [{ kind: "no-connection", phase: "tcp" } as Lost, { kind: "unreachable" }],
    [{ kind: "timeout" }, { kind: "timeout" }],
    [{ kind: "timeout", status: 200 } as Lost, { kind: "timeout", ...upstream(200) }],
    [
      { kind: "timeout", status: 201 } as Lost,
      { kind: "timeout-after-created", ...upstream(201) },
      { kind: "timeout", ...upstream(201) },
    ],
    [{ kind: "connection-lost" }, { kind: "connection-lost" }],
    [{ kind: "connection-lost", status: 199 } as Lost, { kind: "connection-lost", ...upstream(199) }],
    [{ kind: "connection-lost", status: 200 } as Lost, { kind: "bad-response", ...upstream(200) }],
    [
      { kind: "connection-lost", status: 201 } as Lost,
      { kind: "bad-response-after-created", ...upstream(201) },
      { kind: "bad-response", ...upstream(201) },
    ],
    [{ kind: "connection-lost", status: 299 } as Lost, { kind: "bad-response", ...upstream(299) }],
    [{ kind: "connection-lost", status: 300 } as Lost, { kind: "connection-lost", ...upstream(300) }],
  ])("that is %j is %j for a create request", (lost, ofCreate, ofRead = ofCreate) => {
    const exchange = { ...lost, networkErrorCode } as Lost;
    expect(classifyLostExchange(exchange, contextOf("create"))).toStrictEqual({ networkErrorCode, ...ofCreate });
    expect(classifyLostExchange(exchange, contextOf("read"))).toStrictEqual({ networkErrorCode, ...ofRead });
  });
});

describe("a status", () => {
  // Every other status is in the matrix of test/failures.test.ts.
  test.each([
    [199, "server-error"],
    [299, "bad-response"],
    [300, "request-rejected"],
    [402, "request-rejected"],
    [499, "request-rejected"],
  ] as const)("of %i means %s", (status, kind) => {
    expect(classify(status, { ctx_id: "c" })).toStrictEqual({ kind, upstream: { status, ctxId: "c" } });
  });

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
  ])("of %i with the detail %j is about the token or not: %s", (status, detail, kind) => {
    expect(classify(status, { detail }).kind).toBe(kind);
  });

  test("of 422 is a bad response if the caller did not choose the input, unless it is about the token", () => {
    const isInputFromCaller = false;
    const detail = [{ loc: ["query", "per_page"], msg: "m", type: "t" }];
    const upstream = { status: 422, ctxId: null };

    expect(classify(422, { detail }, { isInputFromCaller })).toStrictEqual({ kind: "bad-response", upstream });
    expect(classify(422, { detail: aboutHeader }, { isInputFromCaller })).toStrictEqual({
      kind: "token-rejected",
      upstream,
    });
  });
});

describe("a text", () => {
  test.each([400, 403, 409, 422])("of a %i is passed on", (status) => {
    expect(classify(status, { detail: "sync_field" }).message).toBe("syncField");
  });

  test.each([401, 404, 429, 500])("of a %i is not", (status) => {
    expect(classify(status, { detail: "text" }).message).toBeUndefined();
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
  ])("in the JSON %j is %j", (body, message) => {
    expect(classify(400, body).message).toBe(message);
  });

  test.each([
    ["text/plain", "text", "text"],
    ["TEXT/PLAIN; charset=utf-8", "text", "text"],
    ["text/plainer", "text", undefined],
    ["x-text/plain", "text", undefined],
    ["application/json", "text", undefined],
    ["text/plain", '{"detail": "in JSON"}', "in JSON"],
    ["text/plain", "{}", undefined],
  ])("of type %s, %j, is %j", (contentType, body, message) => {
    expect(classify(400, body, { contentType }).message).toBe(message);
  });

  test("has neither the token nor the host", () => {
    const detail = `${secrets.token} at ${secrets.host}`;

    expect(classify(400, { detail }).message).toBe("[token] at [host]");
    expect(classify(400, detail, { contentType: "text/plain" }).message).toBe("[token] at [host]");
  });
});

describe("a validation list", () => {
  const fieldErrorsOf = (detail: unknown, status = 422) => classify(status, { detail }).fieldErrors;

  test.each([400, 422])("of a %i is read entry by entry, and replaces the text", (status) => {
    const detail = [
      { type: "missing", loc: ["body", "sync_field", 0], msg: "sync_field", input: "canary", url: "canary" },
      { type: "value_error.missing", loc: [], msg: "field required" },
    ];

    expect(classify(status, { detail, message: "text" })).toStrictEqual({
      kind: "input-rejected",
      upstream: { status, ctxId: null },
      fieldErrors: [
        { path: ["input", "syncField"], message: "syncField", rule: "missing" },
        { path: ["input"], message: "field required", rule: "value_error.missing" },
      ],
    });
  });

  test("of another status is only its text", () => {
    const detail = [{ type: "missing", loc: ["body"], msg: "Field required" }];

    expect(classify(409, { detail })).toStrictEqual({
      kind: "conflict",
      upstream: { status: 409, ctxId: null },
      message: "Field required",
    });
  });

  test.each(["text", [], ["entry"], [null], [{ msg: "m" }], [{ loc: "body", msg: "m" }], { 0: { loc: [], msg: "m" } }])(
    "is not one if it is %j",
    (detail) => {
      expect(fieldErrorsOf(detail)).toBeUndefined();
    },
  );

  test("may have locations with parts that are neither strings nor numbers", () => {
    expect(fieldErrorsOf([{ loc: ["body", true, null, {}, "sync_field"], msg: "m" }])?.[0]?.path).toEqual([
      "input",
      "syncField",
    ]);
  });

  test.each([
    ["a text", "a text"],
    [`${secrets.token} at ${secrets.host}`, "[token] at [host]"],
    ["", "ContactSwing rejected this value."],
    [page, "ContactSwing rejected this value."],
    [7, "ContactSwing rejected this value."],
  ])("with the message %j says %j", (msg, message) => {
    expect(fieldErrorsOf([{ loc: [], msg, type: "t" }])?.[0]?.message).toBe(message);
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
  ])("with the type %j has the rule %j", (type, rule) => {
    expect(fieldErrorsOf([{ loc: [], msg: "m", type }])?.[0]?.rule).toBe(rule);
  });

  test("is read up to its hundredth entry", () => {
    const entries = Array.from({ length: 101 }, (_, index) => ({ loc: [], msg: String(index), type: "t" }));

    expect(fieldErrorsOf(entries)?.map(({ message }) => message)).toEqual(entries.slice(0, 100).map(({ msg }) => msg));
  });
});

describe("a Retry-After", () => {
  test.each<[string | undefined, number | undefined]>([
    ["0", 0],
    [" 7\t", 7],
    ["999999999", 999_999_999],
    ["1000000000", undefined],
    ["7s", undefined],
    ["-7", undefined],
    ["7.5", undefined],
    ["1e3", undefined],
    ["", undefined],
    [undefined, undefined],
    ["Mon, 01 Jan 2024 12:00:30 GMT", 30],
    [" Mon, 01 Jan 2024 12:00:30 GMT ", 30],
    ["Monday, 01-Jan-24 12:00:30 GMT", 30],
    // Without a time zone it is GMT, wherever this runs.
    ["Mon Jan  1 12:00:30 2024", 30],
    ["Mon, 01 Jan 2024 12:00:30 +0200", undefined],
    ["Mon, 01 Jan 2024 12:00:30 EST", undefined],
    ["Mon, 01 Jan 2024 11:59:30 GMT", 0],
    ["01 Jan 2024 12:00:30 GMT", undefined],
    ["on Mon, 01 Jan 2024 12:00:30 GMT", undefined],
    ["Mon, 01 Jan 2024 GMT", undefined],
    ["Mon, 01 Jan 2024 1:00:30 GMT", undefined],
    ["Mon, nonsense 12:00:30 GMT", undefined],
    ...["Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map((day): [string, number] => [
      `${day}, 01 Jan 2024 12:00:30 GMT`,
      30,
    ]),
  ])("of %j means %j seconds", (retryAfter, seconds) => {
    expect(classify(429, {}, { retryAfter }).retryAfterSeconds).toBe(seconds);
  });

  test("is rounded up to whole seconds, and counts only for a 429", () => {
    const retryAfter = "Mon, 01 Jan 2024 12:00:30 GMT";

    expect(classify(429, {}, { retryAfter, endedAt: endedAt + 999 }).retryAfterSeconds).toBe(30);
    expect(classify(503, {}, { retryAfter: "7" })).not.toHaveProperty("retryAfterSeconds");
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
])("the ID of the request in %j is %j", (body, ctxId) => {
  expect(readCtxId(body, secrets)).toBe(ctxId);
});
