import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { create, type GraphqlResponse, minimalInput, onlyError, read, send, verdictOf } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";
import { createdResponse, type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

const html = { "content-type": "text/html; charset=UTF-8" };
const json = { "content-type": "application/json" };
const page = "<!DOCTYPE html><html><body><h1>Error: canary</h1></body></html>";
const token = { authorization: "Bearer canary-token" };
const tooMuch = { data: { action_id: "a" }, more: "x".repeat(1_048_576) };

const operations = {
  create: (url: string) => create(url, minimalInput, token),
  read: (url: string) => read(url, "act-1", token),
  list: (url: string) => send(url, { query: "{ dataExtractionActions { edges { cursor } } }" }, token),
};

/** `CODE OUTCOME retryable`, as far as the error has them; `null` for data without an error. */
function summarize(response: GraphqlResponse): string {
  if (response.body.errors === undefined) return "null";
  const { code, outcome, retryable } = verdictOf(response);
  return [code, outcome, retryable ? "retryable" : undefined].filter(Boolean).join(" ");
}

const headerProblem = { detail: [{ type: "missing", loc: ["header", "authorization"], msg: "Field required" }] };
const rejected = "UPSTREAM_ERROR NOT_CREATED";
const failed = "UPSTREAM_ERROR UNKNOWN";
const badCreated = "UPSTREAM_BAD_RESPONSE CREATED";
const bad = "UPSTREAM_BAD_RESPONSE";
const retryable = "UPSTREAM_ERROR retryable";

/** What ContactSwing sends, and the verdict on a create request, on a read, and on a list where that one differs. */
const rows: [string, ScriptedResponse, string, string, string?][] = [
  ["400", { status: 400, body: { detail: "no" } }, "BAD_USER_INPUT NOT_CREATED", "BAD_USER_INPUT"],
  ["400 as a page", { status: 400, headers: html, body: page }, "BAD_USER_INPUT NOT_CREATED", "BAD_USER_INPUT"],
  ["422 with a text", { status: 422, body: { detail: "no" } }, "BAD_USER_INPUT NOT_CREATED", "BAD_USER_INPUT", bad],
  ["422 about a header", { status: 422, body: headerProblem }, "UNAUTHENTICATED NOT_CREATED", "UNAUTHENTICATED"],
  ["401", { status: 401, body: { detail: "Invalid token" } }, "UNAUTHENTICATED NOT_CREATED", "UNAUTHENTICATED"],
  ["401 as text", { status: 401, body: "no" }, "UNAUTHENTICATED NOT_CREATED", "UNAUTHENTICATED"],
  ["401 as a page", { status: 401, headers: html, body: page }, rejected, "UPSTREAM_ERROR"],
  [
    "403 Not authenticated",
    { status: 403, body: { detail: "Not authenticated" } },
    "UNAUTHENTICATED NOT_CREATED",
    "UNAUTHENTICATED",
  ],
  ["403", { status: 403, body: { detail: "Not yours" } }, "FORBIDDEN NOT_CREATED", "FORBIDDEN"],
  ["403 as a page", { status: 403, headers: html, body: page }, rejected, "UPSTREAM_ERROR"],
  ["403 as a page called JSON", { status: 403, headers: json, body: `\n${page}` }, rejected, "UPSTREAM_ERROR"],
  ["404 as JSON", { status: 404, body: { detail: "Not Found" } }, rejected, "null", "UPSTREAM_ERROR"],
  ["404 as text", { status: 404, body: "Not Found" }, rejected, "UPSTREAM_ERROR"],
  ["404 as a number", { status: 404, body: 404 }, rejected, "UPSTREAM_ERROR"],
  ["404 as a page", { status: 404, headers: html, body: page }, rejected, "UPSTREAM_ERROR"],
  ["404 as JSON called a page", { status: 404, headers: html, body: "{}" }, rejected, "UPSTREAM_ERROR"],
  ["405", { status: 405, body: { detail: "Method Not Allowed" } }, rejected, "UPSTREAM_ERROR"],
  ["409", { status: 409, body: { detail: "Exists" } }, "CONFLICT NOT_CREATED", "CONFLICT"],
  ["429", { status: 429, body: "Rate exceeded." }, "RATE_LIMITED NOT_CREATED retryable", "RATE_LIMITED retryable"],
  ["307", { status: 307, headers: { location: "/v2/_actions/" } }, rejected, "UPSTREAM_ERROR"],
  ["304", { status: 304 }, rejected, "UPSTREAM_ERROR"],
  ["500 as text", { status: 500, body: "Internal Server Error canary" }, failed, retryable],
  ["500 as JSON", { status: 500, body: { detail: "canary" } }, failed, retryable],
  ["502 as a page", { status: 502, headers: html, body: page }, failed, retryable],
  ["503", { status: 503, body: "no instance" }, failed, retryable],
  ["504 as a page", { status: 504, headers: html, body: page }, failed, retryable],
  ["a status that does not exist", { status: 799, body: {} }, failed, retryable],
  ["201 without an ID", { status: 201, body: { ctx_id: "c", data: {} } }, badCreated, bad],
  ["201 with an empty ID", { status: 201, body: { data: { action_id: "" } } }, badCreated, bad],
  ["201 with an ID that is a number", { status: 201, body: { data: { action_id: 7 } } }, badCreated, bad],
  ["201 that is a list", { status: 201, body: [{ data: { action_id: "a" } }] }, badCreated, bad],
  ["201 that is not JSON", { status: 201, body: "created" }, badCreated, bad],
  ["201 without a body", { status: 201 }, badCreated, bad],
  ["201 as a page", { status: 201, headers: html, body: page }, badCreated, bad],
  ["201 over 1 MiB", { status: 201, body: tooMuch }, badCreated, bad],
  [
    "201 over 1 MiB after decompression",
    { status: 201, headers: { "content-encoding": "gzip" }, body: gzipSync(JSON.stringify(tooMuch)) },
    badCreated,
    bad,
  ],
  [
    "201 with broken compression",
    { status: 201, headers: { "content-encoding": "gzip" }, body: Buffer.from("not gzip at all") },
    badCreated,
    bad,
  ],
  ["200 without data", { status: 200, body: {} }, "UPSTREAM_BAD_RESPONSE UNKNOWN", bad],
  ["202 that is not JSON", { status: 202, body: "later" }, "UPSTREAM_BAD_RESPONSE UNKNOWN", bad],
  ["204", { status: 204 }, "UPSTREAM_BAD_RESPONSE UNKNOWN", bad],
];

test.each(rows)(
  "a response of ContactSwing with %s has the documented meaning for each operation",
  async (_case, scripted, ofCreate, ofRead, ofList = ofRead) => {
    const upstream = await startUpstream(() => scripted);
    const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url });
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

test.each<
  [string, Record<string, string>, (close: () => Promise<void>) => Promise<ScriptedResponse>, string, string, object]
>([
  [
    "does not respond in time",
    { UPSTREAM_TIMEOUT_MS: "100" },
    () => new Promise(() => {}),
    "UPSTREAM_TIMEOUT UNKNOWN",
    "UPSTREAM_TIMEOUT retryable",
    { "upstream.error.code": "ETIMEDOUT" },
  ],
  [
    "closes the connection instead of responding",
    {},
    (close) => {
      void close();
      return new Promise(() => {});
    },
    failed,
    retryable,
    { "upstream.error.code": "ECONNRESET" },
  ],
])("says what is known if ContactSwing %s", async (_case, environment, respond, ofCreate, ofRead, logged) => {
  for (const [operation, verdict] of [
    [operations.create, ofCreate],
    [operations.read, ofRead],
    [operations.list, ofRead],
  ] as const) {
    const upstream = await startUpstream(() => respond(upstream.close));
    const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url, ...environment });

    const response = await operation(url);

    expect(summarize(response)).toBe(verdict);
    expect(onlyError(response).extensions).not.toHaveProperty("upstream");
    expect(upstream.received).toHaveLength(1);
    expect(JSON.parse(logLines.at(-1) ?? "")).toMatchObject({ "log.level": "warn", ...logged });
  }
});

test.each(Object.entries(operations))(
  "says that nothing was sent if ContactSwing cannot be reached: %s",
  async (_name, operation) => {
    const upstream = await startUpstream();
    await upstream.close();
    const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url });

    const response = await operation(url);

    const { code, retryable, upstream: facts } = onlyError(response).extensions;
    expect({ code, retryable, facts }).toEqual({ code: "UPSTREAM_UNAVAILABLE", retryable: true, facts: undefined });
    expect(JSON.parse(logLines.at(-1) ?? "")).toMatchObject({ "upstream.error.code": "ECONNREFUSED" });
  },
);

async function createAgainst(scripted: ScriptedResponse, environment: Record<string, string> = {}) {
  const upstream = await startUpstream(() => scripted);
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, ...environment });
  return onlyError(await create(url, minimalInput, token));
}

test("passes on ContactSwing's ID of the failed request, and when to retry", async () => {
  const { extensions } = await createAgainst({ status: 429, headers: { "retry-after": "7" }, body: { ctx_id: "c-9" } });

  expect(extensions).toMatchObject({ retryAfterSeconds: 7, upstream: { status: 429, ctxId: "c-9" } });
});

test("counts a Retry-After that is a date from when the response arrived", async () => {
  const upstream = await startUpstream(async () => {
    const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 4000);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    return { status: 429, headers: { "retry-after": date.toUTCString() } };
  });
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const { retryAfterSeconds } = onlyError(await create(url, minimalInput, token)).extensions;

  expect([3, 4]).toContain(retryAfterSeconds);
});

test.each([
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
])("accepts a response that is compressed with %s although none was requested", async (encoding, compress) => {
  const body = compress(JSON.stringify(createdResponse.body));
  const upstream = await startUpstream(() => ({ status: 201, headers: { "content-encoding": encoding }, body }));
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const { body: response } = await create(url, minimalInput, token);

  expect(response.data.createDataExtractionAction.action.id).toBe("act-1");
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
    { loc: "body", msg: "not an entry either" },
  ];

  test("becomes field errors in the names of the GraphQL input", async () => {
    const error = await createAgainst({ status: 422, body: { ctx_id: "ctx-4", detail } });

    expect(error.extensions).toMatchObject({ code: "BAD_USER_INPUT", upstream: { status: 422, ctxId: "ctx-4" } });
    expect(error.extensions.fieldErrors).toEqual([
      { path: ["input", "webhook", "type"], message: "Input should be 'YES_NO'", rule: "literal_error" },
      { path: ["input", "webhook", "syncField"], message: "field required: syncField", rule: "value_error.missing" },
      { path: ["input"], message: "JSON decode error", rule: "json_invalid" },
      { path: ["input", "webhook"], message: "ContactSwing rejected this value.", rule: "upstream" },
      { path: ["input"], message: "action_id is odd", rule: "missing" },
    ]);
    expect(error.message).toBe(
      "ContactSwing rejected the input. input.webhook.type: Input should be 'YES_NO'; " +
        "input.webhook.syncField: field required: syncField; input: JSON decode error; and 2 more.",
    );
  });

  test("belongs to a read's argument, whatever part of the request it names", async () => {
    const upstream = await startUpstream(() => ({ status: 422, body: { detail } }));
    const { url } = await startService({ CONTACTSWING_URL: upstream.url });

    const { fieldErrors } = onlyError(await read(url)).extensions;

    expect(fieldErrors?.map(({ path }) => path)).toEqual(Array.from({ length: 5 }, () => ["id"]));
    expect(fieldErrors?.at(-1)?.message).toBe("id is odd");
  });

  test("is summed up in at most 500 characters", async () => {
    const long = ["name", "description"].map((field) => ({ type: "t", loc: ["body", field], msg: "m".repeat(900) }));

    const { message, extensions } = await createAgainst({ status: 422, body: { detail: long } });

    expect(message).toHaveLength(500);
    expect(extensions.fieldErrors?.map(({ message }) => message.length)).toEqual([500, 500]);
  });
});

describe("ContactSwing's text", () => {
  test.each([
    [400, "sync_field needs sync_data; type is yes/no", "syncField needs syncData; type is YES_NO"],
    [403, "customers.info is not a field", "customers.info is not a field"],
    [409, "Ask support@acme.com about version 1.2.3.4", "Ask support@acme.com about version 1.2.3.4"],
    [422, "see https://internal.example/x?y=1 for more", "see [link] for more"],
    [
      400,
      "canary-token is bad, Bearer abc too, eyJhbGciOi.J9.sig as well",
      "[token] is bad, [token] too, [token] as well",
    ],
    [400, "cannot reach 127.0.0.1:8080/v2 or 127.0.0.10", "cannot reach [host] or 127.0.0.10"],
    [404, "canary", "ContactSwing rejected the request."],
    [500, "canary", "ContactSwing failed while processing the request."],
  ])("of a %i reaches the caller as plain text, or not at all: %s", async (status, detail, message) => {
    expect((await createAgainst({ status, body: { detail } })).message).toBe(message);
  });

  test("keeps words that are fields of another operation", async () => {
    const upstream = await startUpstream(() => ({ status: 400, body: { detail: "sync_field, is_active, action_id" } }));
    const { url } = await startService({ CONTACTSWING_URL: upstream.url });

    expect(onlyError(await create(url, minimalInput)).message).toBe("syncField, is_active, action_id");
    expect(onlyError(await read(url)).message).toBe("sync_field, is_active, id");
  });
});
