import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { create, minimalInput, onlyError, read, send, summarize } from "./helpers/graphql.ts";
import { startService, startWithUpstream } from "./helpers/service.ts";
import { type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

const html = { "content-type": "text/html; charset=UTF-8" };
const json = { "content-type": "application/json" };
const page = "<!DOCTYPE html><html><body><h1>Error: canary</h1></body></html>";
const token = { authorization: "Bearer canary-token" };
const gzip = { "content-encoding": "gzip" };
const tooMuch = { data: { action_id: "a" }, more: "x".repeat(1_048_576) };

const operations = {
  create: (url: string) => create(url, minimalInput, token),
  read: (url: string) => read(url, "act-1", token),
  list: (url: string) => send(url, { query: "{ dataExtractionActions { edges { cursor } } }" }, token),
};

const headerProblem = [{ type: "missing", loc: ["header", "authorization"], msg: "Field required" }];
const rejected = "UPSTREAM_ERROR NOT_CREATED";
const failed = "UPSTREAM_ERROR UNKNOWN";
const badCreated = "UPSTREAM_BAD_RESPONSE CREATED";
const bad = "UPSTREAM_BAD_RESPONSE";
const retryable = "UPSTREAM_ERROR retryable";

const created = (body: unknown, headers = {}): ScriptedResponse => ({ status: 201, headers, body });
const ofPlatform = (status: number): ScriptedResponse => ({ status, headers: html, body: page });
const ofApi = (status: number, detail: unknown): ScriptedResponse => ({ status, body: { detail } });

/**
 * What ContactSwing sends, and the verdict on a create request, on a read, and on a list where that one differs. Texts
 * and further statuses are in unit/classify-failure.test.ts.
 */
const rows: [string, ScriptedResponse, string, string | undefined, string?][] = [
  ["400", ofApi(400, "no"), "BAD_USER_INPUT NOT_CREATED", "BAD_USER_INPUT"],
  ["400 as a page", ofPlatform(400), rejected, "UPSTREAM_ERROR"],
  ["409 as a page", ofPlatform(409), rejected, "UPSTREAM_ERROR"],
  ["422 as a page", ofPlatform(422), rejected, "UPSTREAM_ERROR"],
  ["429 as a page", ofPlatform(429), "RATE_LIMITED NOT_CREATED retryable", "RATE_LIMITED retryable"],
  ["303", { status: 303, headers: { location: "/" } }, failed, "UPSTREAM_ERROR"],
  ["408 as a page", ofPlatform(408), failed, "UPSTREAM_ERROR"],
  ["499", { status: 499 }, failed, "UPSTREAM_ERROR"],
  ["422 with a text", ofApi(422, "no"), "BAD_USER_INPUT NOT_CREATED", "BAD_USER_INPUT", bad],
  ["422 about a header", ofApi(422, headerProblem), "UNAUTHENTICATED NOT_CREATED", "UNAUTHENTICATED"],
  ["401 as text", { status: 401, body: "no" }, "UNAUTHENTICATED NOT_CREATED", "UNAUTHENTICATED"],
  ["401 as a page", ofPlatform(401), rejected, "UPSTREAM_ERROR"],
  ["403 Not authenticated", ofApi(403, "Not authenticated"), "UNAUTHENTICATED NOT_CREATED", "UNAUTHENTICATED"],
  ["403", ofApi(403, "Not yours"), "FORBIDDEN NOT_CREATED", "FORBIDDEN"],
  ["403 as a page called JSON", { status: 403, headers: json, body: `\n${page}` }, rejected, "UPSTREAM_ERROR"],
  ["404 as JSON", ofApi(404, "Not Found"), rejected, undefined, "UPSTREAM_ERROR"],
  ["404 as a number", { status: 404, body: 404 }, rejected, "UPSTREAM_ERROR"],
  ["404 as JSON called a page", { status: 404, headers: html, body: "{}" }, rejected, "UPSTREAM_ERROR"],
  ["409", ofApi(409, "Exists"), "CONFLICT NOT_CREATED", "CONFLICT"],
  ["429", { status: 429, body: "Rate exceeded." }, "RATE_LIMITED NOT_CREATED retryable", "RATE_LIMITED retryable"],
  ["307", { status: 307, headers: { location: "/v2/_actions/" } }, rejected, "UPSTREAM_ERROR"],
  ["500 as JSON", ofApi(500, "canary"), failed, retryable],
  ["502 as a page", ofPlatform(502), failed, retryable],
  ["503 as text", { status: 503, body: "no instance canary" }, failed, retryable],
  ["a status that does not exist", { status: 799, body: {} }, failed, retryable],
  ["201 without an ID", created({ ctx_id: "c", data: {} }), badCreated, bad],
  ["201 with an empty ID", created({ data: { action_id: "" } }), badCreated, bad],
  ["201 with an ID that is a number", created({ data: { action_id: 7 } }), badCreated, bad],
  ["201 that is not JSON", created("created"), badCreated, bad],
  ["201 as a page", ofPlatform(201), badCreated, bad],
  ["201 over 1 MiB", created(tooMuch), badCreated, bad],
  ["201 over 1 MiB after decompression", created(gzipSync(JSON.stringify(tooMuch)), gzip), badCreated, bad],
  ["200 without data", { status: 200, body: {} }, "UPSTREAM_BAD_RESPONSE UNKNOWN", bad],
  ["204", { status: 204 }, "UPSTREAM_BAD_RESPONSE UNKNOWN", bad],
];

test.each(rows)(
  "%s has the documented meaning for each operation",
  async (_case, scripted, ofCreate, ofRead, ofList = ofRead) => {
    const { upstream, url, logLines } = await startWithUpstream(() => scripted);
    const responses = await Promise.all(Object.values(operations).map((operation) => operation(url)));

    expect(responses.map(summarize)).toEqual([ofCreate, ofRead, ofList]);
    expect(upstream.received.filter(({ method }) => method === "POST")).toHaveLength(1);
    expect(upstream.received.filter(({ path }) => path === "/v2/_actions/act-1")).toHaveLength(1);
    for (const { status, headers, text, body } of responses) {
      expect(status).toBe(200);
      expect(text).not.toContain("canary");
      for (const { extensions } of body.errors ?? []) {
        expect(extensions.requestId).toBe(headers.get("x-request-id"));
        expect(extensions.upstream?.status).toBe(scripted.status);
      }
    }
    expect(logLines.join("")).not.toContain("canary");
  },
);

const never = () => new Promise<ScriptedResponse>(() => {});

test.each([
  ["does not respond in time", "300", "never", "UPSTREAM_TIMEOUT", "UNKNOWN", "ETIMEDOUT"],
  ["closes the connections instead of responding", "10000", "meanwhile", "UPSTREAM_ERROR", "UNKNOWN", "ECONNRESET"],
  ["cannot be reached", "10000", "before", "UPSTREAM_UNAVAILABLE", "NOT_CREATED retryable", "ECONNREFUSED"],
])("says what is known if ContactSwing %s", async (_case, UPSTREAM_TIMEOUT_MS, closes, code, outcome, cause) => {
  const upstream = await startUpstream(() => {
    if (closes === "meanwhile" && upstream.received.length === 3) void upstream.close();
    return never();
  });
  if (closes === "before") await upstream.close();
  const { url, lines } = await startService({ CONTACTSWING_URL: upstream.url, UPSTREAM_TIMEOUT_MS });

  const responses = await Promise.all(Object.values(operations).map((operation) => operation(url)));

  expect(responses.map(summarize)).toEqual([`${code} ${outcome}`, `${code} retryable`, `${code} retryable`]);
  for (const response of responses) expect(onlyError(response).extensions).not.toHaveProperty("upstream");
  expect(upstream.received).toHaveLength(closes === "before" ? 0 : 3);
  const causes = lines().map((line) => [line["log.level"], line["upstream.error.code"]]);
  expect(causes).toEqual(Array(3).fill(["warn", cause]));
});

async function createAgainst(scripted: ScriptedResponse) {
  const { url } = await startWithUpstream(() => scripted);
  return onlyError(await create(url, minimalInput, token));
}

test("passes on ContactSwing's ID of the failed request, and when to retry", async () => {
  const body = { ctx_id: "c-9" };
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  const inSeconds = await createAgainst({ status: 429, headers: { "retry-after": "7" }, body });
  const atDate = await createAgainst({ status: 429, headers: { "retry-after": date }, body });

  expect(inSeconds.extensions).toMatchObject({ retryAfterSeconds: 7, upstream: { status: 429, ctxId: "c-9" } });
  expect(Math.abs((atDate.extensions.retryAfterSeconds ?? 0) - 3600)).toBeLessThan(60);
});

describe("a validation list", () => {
  const detail = [
    {
      type: "literal_error",
      loc: ["body", "webhook", "type"],
      msg: "Input should be 'yes/no'",
      input: "canary",
      ctx: { expected: "canary" },
      url: "https://errors.pydantic.dev/canary",
    },
    { type: "value_error.missing", loc: ["body", "webhook", "sync_field"], msg: "field required: sync_field" },
    { type: "json_invalid", loc: ["body", 17], msg: "JSON decode error" },
    { type: "weird <type>", loc: ["body", "webhook", "function-after[x()]", "sync_field"], msg: 42 },
    { type: "missing", loc: ["path", "action_id"], msg: "action_id is odd" },
    "not an entry",
  ];

  test("becomes field errors in the names of the GraphQL input", async () => {
    const error = await createAgainst({ status: 422, body: { ctx_id: "ctx-4", detail } });

    expect(error.extensions).toMatchObject({ code: "BAD_USER_INPUT", upstream: { status: 422, ctxId: "ctx-4" } });
    expect(error.extensions.fieldErrors).toEqual([
      { path: ["input", "webhook", "type"], message: "Input should be 'YES_NO'", rule: "literal_error" },
      { path: ["input", "webhook", "syncField"], message: "field required: syncField", rule: "value_error.missing" },
      { path: ["input"], message: "JSON decode error", rule: "json_invalid" },
      { path: ["input", "webhook", "syncField"], message: "ContactSwing rejected this value.", rule: "upstream" },
      { path: ["input"], message: "action_id is odd", rule: "missing" },
    ]);
    expect(error.message).toBe(
      "ContactSwing rejected the input. input.webhook.type: Input should be 'YES_NO'; " +
        "input.webhook.syncField: field required: syncField; input: JSON decode error; and 2 more.",
    );
  });

  test("is summed up in at most 500 characters", async () => {
    const long = ["name", "description"].map((field) => ({ type: "t", loc: ["body", field], msg: "m".repeat(900) }));

    const { message, extensions } = await createAgainst({ status: 422, body: { detail: long } });

    expect(message).toHaveLength(500);
    expect(extensions.fieldErrors?.map(({ message }) => message.length)).toEqual([500, 500]);
  });
});

describe("ContactSwing's text", () => {
  // What is replaced in it is in unit/plain-text.test.ts.
  test.each([
    [409, "Ask support@acme.com about version 1.2.3.4", "Ask support@acme.com about version 1.2.3.4"],
    [422, "canary-token at 127.0.0.1:8080/v2 see https://a.example/x", "[token] at [host] see [link]"],
    [404, "canary", "ContactSwing rejected the request."],
    [500, "canary", "ContactSwing failed while processing the request."],
  ])("of a %i reaches the caller as plain text, or not at all: %s", async (status, detail, message) => {
    expect((await createAgainst({ status, body: { detail } })).message).toBe(message);
  });
});
