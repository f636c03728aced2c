import { describe, expect, test } from "@jest/globals";
import { type CompletedExchange, interpret } from "../../src/contactswing/classify-failure.ts";
import { defineRestOperation, UnexpectedResponse } from "../../src/contactswing/rest-operation.ts";
import type { Failure } from "../../src/failures/failure.ts";
import { ownArguments } from "../../src/fields/arguments.ts";

// The statuses and texts that ContactSwing is known to send are in the matrix of test/failures.test.ts.

const secrets = { token: "canary-token-of-mine", host: "api.contactswing.zone" };
const endedAt = Date.UTC(2024, 0, 1, 12, 0, 0);

const operationOf = (effect: "create" | "read") =>
  defineRestOperation({
    name: "operation",
    effect,
    method: "POST",
    path: "/",
    subject: "action",
    arguments: {
      ...ownArguments(() => ({}), {}),
      isFromCaller: true,
      names: {
        pathParameters: {},
        body: { argument: "input", fields: { syncField: { restName: "sync_field" } } },
      },
    },
    parseResponse: () => undefined,
  });

function interpretAs(effect: "create" | "read", exchange: CompletedExchange, endedLateMs = 0) {
  return interpret({}, exchange, { operation: operationOf(effect), secrets, endedAt: endedAt + endedLateMs });
}

/** Classifies the response to a create request: with a JSON body, or with a text of the content type that is given. */
function classify(status: number, body: unknown, { contentType = "", retryAfter = "", endedLateMs = 0 } = {}) {
  const text = contentType === "" ? JSON.stringify(body) : String(body);
  const response = { status, contentType, retryAfter, body: text };
  return interpretAs("create", { kind: "response", response }, endedLateMs).failure as Failure;
}

const headOf = (status: number) => ({ status, contentType: "application/json", retryAfter: undefined });

test.each<[CompletedExchange["kind"], number | undefined, string, string?]>([
  ["no-connection", undefined, "unreachable"],
  ["timeout", undefined, "timeout"],
  ["timeout", 200, "timeout"],
  ["timeout", 201, "timeout-after-success", "timeout"],
  ["connection-lost", undefined, "connection-lost"],
  ["connection-lost", 199, "connection-lost"],
  ["connection-lost", 200, "bad-response"],
  ["connection-lost", 201, "bad-response-after-success", "bad-response"],
  ["connection-lost", 299, "bad-response"],
  // The status says that nothing was done.
  ["connection-lost", 300, "request-rejected"],
  ["connection-lost", 303, "connection-lost"],
  ["timeout", 401, "token-rejected"],
  ["connection-lost", 404, "request-rejected"],
  ["timeout", 408, "timeout"],
  ["connection-lost", 409, "conflict"],
  ["connection-lost", 413, "request-rejected"],
  ["timeout", 422, "input-rejected"],
  ["connection-lost", 429, "rate-limited"],
  ["connection-lost", 499, "connection-lost"],
  ["connection-lost", 500, "connection-lost"],
])("an exchange that ended by %s after the status %s is %s", (kind, status, ofCreate, ofRead = ofCreate) => {
  const networkErrorCode = "ECODE";
  const exchange = { kind, networkErrorCode, ...(status && { head: headOf(status) }) } as CompletedExchange;
  const facts = { networkErrorCode, ...(status && { upstream: { status, ctxId: null } }) };

  expect(interpretAs("create", exchange).failure).toMatchObject({ kind: ofCreate, ...facts });
  expect(interpretAs("read", exchange).failure).toMatchObject({ kind: ofRead, ...facts });
});

test("a status whose body did not arrive keeps what its head says", () => {
  const head = { ...headOf(429), retryAfter: "2" };
  const limited = interpretAs("create", { kind: "timeout", networkErrorCode: "ETIMEDOUT", head });
  const page = interpretAs("create", {
    kind: "connection-lost",
    networkErrorCode: "ECONNRESET",
    head: { ...headOf(422), contentType: "text/html" },
  });

  expect(limited.failure?.retryAfterSeconds).toBe(2);
  expect(page.failure?.kind).toBe("request-rejected");
});

test.each<[number, unknown, object, string]>([
  [201, "<html>", { contentType: "text/html" }, "html"],
  [201, "{", { contentType: "application/json" }, "not json"],
  [200, { data: {} }, {}, "data.id: string"],
])("a %i with the body %j is a bad response with a reason", (status, body, options, reason) => {
  const parseResponse = () => {
    throw new UnexpectedResponse("data.id", "string");
  };
  const contentType = "contentType" in options ? String(options.contentType) : "";
  const text = contentType === "" ? JSON.stringify(body) : String(body);
  const operation = { ...operationOf("create"), parseResponse: contentType === "" ? parseResponse : () => undefined };
  const response = { status, contentType, retryAfter: undefined, body: text };

  const { failure } = interpret({}, { kind: "response", response }, { operation, secrets, endedAt });

  expect(failure).toMatchObject({ kind: expect.stringMatching(/^bad-response/), reason });
});

test.each([
  ["memory-short", "overloaded"],
  ["request-too-large", "response-too-large"],
  ["over-limit", "bad-response"],
] as const)("the response to a read that ended by %s is %s", (shortage, kind) => {
  const response = { ...headOf(200), body: "", shortage };

  expect(interpretAs("read", { kind: "response", response }).failure?.kind).toBe(kind);
});

const aboutHeader = [
  { loc: ["body"], msg: "m" },
  { loc: ["header", "authorization"], msg: "m" },
];

test.each([
  [199, undefined, "server-error"],
  [299, undefined, "bad-response"],
  [300, undefined, "request-rejected"],
  [303, undefined, "response-ambiguous"],
  [408, undefined, "response-ambiguous"],
  [498, undefined, "request-rejected"],
  [499, undefined, "response-ambiguous"],
  [400, "Not authenticated", "input-rejected"],
  [403, "Not authenticated.", "forbidden"],
  [422, aboutHeader, "token-rejected"],
  [403, aboutHeader, "forbidden"],
])("a response with the status %i and the detail %j is %s", (status, detail, kind) => {
  expect(classify(status, { detail }).kind).toBe(kind);
});

describe("the text of a response", () => {
  test("is passed on if the caller can do something about it", () => {
    const statuses = [400, 401, 403, 404, 409, 422, 429, 500];

    const shown = statuses.filter((status) => classify(status, { detail: "text" }).message === "text");

    expect(shown).toEqual([400, 403, 409, 422]);
  });

  test.each([
    [{ detail: "a", message: "b", error: "c" }, "a"],
    [{ message: "b", msg: "c", error: "d" }, "b"],
    [{ msg: "c", error: "d" }, "c"],
    [{ error: "d" }, "d"],
    [{ error: { message: "e" } }, "e"],
    [{ detail: { error: "c", detail: "d" } }, "c"],
    [{ detail: { detail: "d" } }, "d"],
    [{ detail: [{ msg: "a" }] }, "a"],
    [{ detail: " \n ", message: "b" }, "b"],
    [{ detail: "<!DOCTYPE html><p>text</p>", message: "b" }, "b"],
    [{ detail: 7, message: 8, error: "c" }, "c"],
    [["a", "b"], "a"],
    ["a", "a"],
    [[], undefined],
    [null, undefined],
    [{}, undefined],
  ])("in the JSON %j is %j", (body, message) => {
    expect(classify(400, body).message).toBe(message);
  });

  test.each([
    ["TEXT/PLAIN; charset=utf-8", "text", "text"],
    ["text/plainer", "text", undefined],
    ["x-text/plain", "text", undefined],
    ["text/plain", '{"detail": "in JSON"}', "in JSON"],
    ["text/plain", "{}", undefined],
  ])("of type %s, %j, is %j", (contentType, body, message) => {
    expect(classify(400, body, { contentType }).message).toBe(message);
  });
});

describe("a validation list", () => {
  const fieldErrorsOf = (detail: unknown) => classify(422, { detail }).fieldErrors;
  const entry = { loc: ["body", true, null, {}, "sync_field", 0], msg: "sync_field", type: "missing" };

  const fieldErrors = [{ path: ["input", "syncField"], message: "syncField", rule: "missing" }];
  test.each([
    [400, { kind: "input-rejected", fieldErrors }],
    [422, { kind: "input-rejected", fieldErrors }],
    [409, { kind: "conflict", message: "syncField" }],
  ])("of a %i replaces the text, whatever its locations contain", (status, failure) => {
    const upstream = { status, ctxId: null };
    expect(classify(status, { detail: [entry], message: "text" })).toStrictEqual({ upstream, ...failure });
  });

  test.each(["text", [], ["entry"], [null], [{ msg: "m" }], [{ loc: "body", msg: "m" }], { 0: { loc: [], msg: "m" } }])(
    "is not one if it is %j",
    (detail) => {
      expect(fieldErrorsOf(detail)).toBeUndefined();
    },
  );

  test.each([
    [`${secrets.token} at ${secrets.host}`, "[token] at [host]"],
    ["", "ContactSwing rejected this value."],
    ["<p>text</p>", "ContactSwing rejected this value."],
    [7, "ContactSwing rejected this value."],
  ])("with the message %j says %j", (msg, message) => {
    expect(fieldErrorsOf([{ loc: [], msg }])?.[0]?.message).toBe(message);
  });

  test.each([
    ["value_error.any_str.min-length", "value_error.any_str.min-length"],
    ["x".repeat(64), "x".repeat(64)],
    ["x".repeat(65), "upstream"],
    ["", "upstream"],
    ["(rule", "upstream"],
    ["rule)", "upstream"],
    [secrets.host, "upstream"],
    [secrets.token, "upstream"],
    [7, "upstream"],
  ])("with the type %j has the rule %j", (type, rule) => {
    expect(fieldErrorsOf([{ loc: [], msg: "m", type }])?.[0]?.rule).toBe(rule);
  });

  test("is read up to its hundredth entry", () => {
    expect(fieldErrorsOf(Array(101).fill({ loc: [], msg: "m" }))).toHaveLength(100);
  });
});

describe("a Retry-After", () => {
  const date = "Mon, 01 Jan 2024 12:00:30 GMT";

  test.each<[string, number | undefined]>([
    ["0", 0],
    [" 7\t", 7],
    ["999999999", 86_400],
    ["Mon, 01 Jan 275000 12:00:30 GMT", 86_400],
    ["1000000000", undefined],
    ["7s", undefined],
    ["-7", undefined],
    ["7.5", undefined],
    ["", undefined],
    [` ${date} `, 30],
    ["Monday, 01-Jan-24 12:00:30 GMT", 30],
    // Without a time zone it is GMT, wherever this runs.
    ["Mon Jan  1 12:00:30 2024", 30],
    ["Mon, 01 Jan 2024 12:00:30 +0200", undefined],
    ["Mon, 01 Jan 2024 12:00:30 EST", undefined],
    ["Mon, 01 Jan 2024 11:59:30 GMT", 0],
    ["01 Jan 2024 12:00:30 GMT", undefined],
    [`on ${date}`, undefined],
    ["Mon, 01 Jan 2024 GMT", undefined],
    ["Mon, 01 Jan 2024 1:00:30 GMT", undefined],
    ["Mon, nonsense 12:00:30 GMT", undefined],
  ])("of %j means %j seconds", (retryAfter, seconds) => {
    expect(classify(429, {}, { retryAfter }).retryAfterSeconds).toBe(seconds);
  });

  test("is rounded up to whole seconds, and counts only for a 429", () => {
    expect(classify(429, {}, { retryAfter: date, endedLateMs: 999 }).retryAfterSeconds).toBe(30);
    expect(classify(503, {}, { retryAfter: "7" })).not.toHaveProperty("retryAfterSeconds");
  });
});

test.each([
  ["c".repeat(255), "c".repeat(255)],
  ["c".repeat(256), null],
  [`c ${secrets.token}`, null],
  ["", null],
  [7, null],
  [undefined, null],
])("the ctx_id %j is shown as %j", (ctx_id, ctxId) => {
  expect(classify(400, { ctx_id }).upstream?.ctxId).toBe(ctxId);
});
