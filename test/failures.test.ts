import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { create, fullInput, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { startDeafListener } from "./helpers/raw-upstream.ts";
import { startService } from "./helpers/service.ts";
import { createdAnswer, type ScriptedAnswer, startUpstream } from "./helpers/upstream.ts";

const html = { "content-type": "text/html; charset=UTF-8" };
const text = { "content-type": "text/plain" };
const page = "<!DOCTYPE html><html><body><h1>Error: canary</h1></body></html>";
const token = { authorization: "Bearer canary-token" };

async function createAgainst(answer: ScriptedAnswer, environment: Record<string, string> = {}) {
  const upstream = await startUpstream(() => answer);
  const service = await startService({ CONTACTSWING_URL: upstream.url, ...environment });
  const result = await create(service.url, fullInput, token);
  return { upstream, ...service, answer: result, error: onlyError(result) };
}

const notCreated = { outcome: "NOT_CREATED", retryable: false };
const unknown = { outcome: "UNKNOWN", retryable: false };
const created = { outcome: "CREATED", retryable: false };

const rows: [string, ScriptedAnswer, Record<string, unknown>][] = [
  ["400 with a text", { status: 400, body: { detail: "Invalid webhook" } }, { code: "BAD_USER_INPUT", ...notCreated }],
  ["400 as a page", { status: 400, headers: html, body: page }, { code: "BAD_USER_INPUT", ...notCreated }],
  ["422 with a text", { status: 422, body: { detail: "no" } }, { code: "BAD_USER_INPUT", ...notCreated }],
  [
    "422 about a header",
    { status: 422, body: { detail: [{ type: "missing", loc: ["header", "authorization"], msg: "Field required" }] } },
    { code: "UNAUTHENTICATED", ...notCreated },
  ],
  ["401", { status: 401, body: { detail: "Invalid token" } }, { code: "UNAUTHENTICATED", ...notCreated }],
  ["401 as text", { status: 401, headers: text, body: "no" }, { code: "UNAUTHENTICATED", ...notCreated }],
  ["401 as a page", { status: 401, headers: html, body: page }, { code: "UPSTREAM_ERROR", ...notCreated }],
  [
    "403 Not authenticated",
    { status: 403, body: { detail: "Not authenticated" } },
    { code: "UNAUTHENTICATED", ...notCreated },
  ],
  ["403", { status: 403, body: { detail: "Not your company" } }, { code: "FORBIDDEN", ...notCreated }],
  ["403 as a page", { status: 403, headers: html, body: page }, { code: "UPSTREAM_ERROR", ...notCreated }],
  [
    "403 as a page that says it is JSON",
    { status: 403, headers: { "content-type": "application/json" }, body: `\n${page}` },
    { code: "UPSTREAM_ERROR", ...notCreated },
  ],
  ["404", { status: 404, body: { detail: "Not Found" } }, { code: "UPSTREAM_ERROR", ...notCreated }],
  ["404 as a page", { status: 404, headers: html, body: page }, { code: "UPSTREAM_ERROR", ...notCreated }],
  ["405", { status: 405, body: { detail: "Method Not Allowed" } }, { code: "UPSTREAM_ERROR", ...notCreated }],
  ["409", { status: 409, body: { detail: "Exists" } }, { code: "CONFLICT", ...notCreated }],
  [
    "429",
    { status: 429, headers: text, body: "Rate exceeded." },
    { code: "RATE_LIMITED", outcome: "NOT_CREATED", retryable: true },
  ],
  [
    "429 with seconds",
    { status: 429, headers: { "retry-after": "7" }, body: {} },
    { code: "RATE_LIMITED", outcome: "NOT_CREATED", retryable: true, retryAfterSeconds: 7 },
  ],
  [
    "429 with a date long past",
    { status: 429, headers: { "retry-after": "Sun, 06 Nov 1994 08:49:37 GMT" }, body: {} },
    { code: "RATE_LIMITED", outcome: "NOT_CREATED", retryable: true, retryAfterSeconds: 0 },
  ],
  ["307", { status: 307, headers: { location: "/v2/_actions/" }, body: "" }, { code: "UPSTREAM_ERROR", ...notCreated }],
  ["304", { status: 304 }, { code: "UPSTREAM_ERROR", ...notCreated }],
  [
    "500 as text",
    { status: 500, headers: text, body: "Internal Server Error canary" },
    { code: "UPSTREAM_ERROR", ...unknown },
  ],
  ["500 as JSON", { status: 500, body: { detail: "canary" } }, { code: "UPSTREAM_ERROR", ...unknown }],
  ["502 as a page", { status: 502, headers: html, body: page }, { code: "UPSTREAM_ERROR", ...unknown }],
  ["503", { status: 503, headers: text, body: "no instance" }, { code: "UPSTREAM_ERROR", ...unknown }],
  ["504", { status: 504, headers: html, body: page }, { code: "UPSTREAM_ERROR", ...unknown }],
  ["a status that does not exist", { status: 799, body: {} }, { code: "UPSTREAM_ERROR", ...unknown }],
  [
    "201 without an id",
    { status: 201, body: { ctx_id: "c", data: {} } },
    { code: "UPSTREAM_BAD_RESPONSE", ...created },
  ],
  [
    "201 with an empty id",
    { status: 201, body: { data: { action_id: "" } } },
    { code: "UPSTREAM_BAD_RESPONSE", ...created },
  ],
  ["201 that is not JSON", { status: 201, body: "created" }, { code: "UPSTREAM_BAD_RESPONSE", ...created }],
  ["201 without a body", { status: 201 }, { code: "UPSTREAM_BAD_RESPONSE", ...created }],
  ["201 as a page", { status: 201, headers: html, body: page }, { code: "UPSTREAM_BAD_RESPONSE", ...created }],
  [
    "201 over 1 MiB",
    { status: 201, body: { data: { action_id: "a" }, more: "x".repeat(1_048_576) } },
    { code: "UPSTREAM_BAD_RESPONSE", ...created },
  ],
  [
    "201 over 1 MiB after decompression",
    {
      status: 201,
      headers: { "content-encoding": "gzip" },
      body: gzipSync(JSON.stringify({ data: { action_id: "a" }, more: "x".repeat(1_048_576) })),
    },
    { code: "UPSTREAM_BAD_RESPONSE", ...created },
  ],
  [
    "201 with broken compression",
    { status: 201, headers: { "content-encoding": "gzip" }, body: Buffer.from("not gzip at all") },
    { code: "UPSTREAM_BAD_RESPONSE", ...created },
  ],
  ["200 without an id", { status: 200, body: {} }, { code: "UPSTREAM_BAD_RESPONSE", ...unknown }],
  ["202 that is not JSON", { status: 202, body: "later" }, { code: "UPSTREAM_BAD_RESPONSE", ...unknown }],
  ["204", { status: 204 }, { code: "UPSTREAM_BAD_RESPONSE", ...unknown }],
];

test.each(rows)("answers for upstream's %s what the table says", async (_case, scripted, expected) => {
  const { answer, error, upstream, logLines } = await createAgainst(scripted);

  const { upstream: facts, requestId, fieldErrors: _fieldErrors, ...extensions } = error.extensions;
  expect(answer.status).toBe(200);
  expect(extensions).toEqual(expected);
  expect(requestId).toBe(answer.headers.get("x-request-id"));
  expect(facts?.status).toBe(scripted.status);
  expect(upstream.received).toHaveLength(1);
  expect(answer.text + logLines.join("")).not.toContain("canary");
});

test.each([
  ["gzip", gzipSync],
  ["br", brotliCompressSync],
])("takes a good answer that is compressed with %s though nobody asked", async (encoding, compress) => {
  const body = compress(JSON.stringify(createdAnswer.body));
  const upstream = await startUpstream(() => ({ status: 201, headers: { "content-encoding": encoding }, body }));
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const answer = await create(url, minimalInput, token);

  expect(answer.body.data.createDataExtractionAction.action.id).toBe("act-1");
});

test("says how long to wait for a Retry-After that is a date", async () => {
  const date = new Date(Date.now() + 30_000).toUTCString();

  const { error } = await createAgainst({ status: 429, headers: { "retry-after": date } });

  expect(error.extensions.retryAfterSeconds).toBeGreaterThan(25);
  expect(error.extensions.retryAfterSeconds).toBeLessThanOrEqual(30);
});

test.each(["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", " 0 "])(
  "says that the wait is over for the Retry-After %j",
  async (value) => {
    const { error } = await createAgainst({ status: 429, headers: { "retry-after": value } });

    expect(error.extensions.retryAfterSeconds).toBe(0);
  },
);

test("takes a date without a zone as one of Greenwich, whatever the machine's zone is", async () => {
  const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
  const [day, date, month, year, time] = inAnHour.replace(",", "").split(" ");

  const { error } = await createAgainst({
    status: 429,
    headers: { "retry-after": `${day} ${month} ${date} ${time} ${year}` },
  });

  expect(error.extensions.retryAfterSeconds).toBeGreaterThan(3500);
  expect(error.extensions.retryAfterSeconds).toBeLessThanOrEqual(3600);
});

test.each(["soon", "", "-5", "1.5", "7 apples", "1e3", "9999999999", "Sun, nonsense GMT"])(
  "leaves the Retry-After %j out, which says nothing",
  async (value) => {
    const { error } = await createAgainst({ status: 429, headers: { "retry-after": value } });

    expect(error.extensions).not.toHaveProperty("retryAfterSeconds");
  },
);

test("counts the wait from when the answer came", async () => {
  const upstream = await startUpstream(async () => {
    const date = new Date(Math.ceil(Date.now() / 1000) * 1000 + 4000);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    return { status: 429, headers: { "retry-after": date.toUTCString() } };
  });
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const { extensions } = onlyError(await create(url, minimalInput, token));

  expect(extensions.retryAfterSeconds).toBeLessThanOrEqual(4);
});

test("passes ContactSwing's id of the failed call on", async () => {
  const { error } = await createAgainst({ status: 500, body: { ctx_id: "ctx-9" } });

  expect(error.extensions.upstream).toEqual({ status: 500, ctxId: "ctx-9" });
});

test("turns pydantic's list into field errors in the graph's language", async () => {
  const { error } = await createAgainst({
    status: 422,
    body: {
      ctx_id: "ctx-4",
      detail: [
        {
          type: "literal_error",
          loc: ["body", "webhook", "type"],
          msg: "Input should be 'yes/no'",
          input: "canary",
          ctx: { expected: "canary" },
          url: "https://errors.pydantic.dev/canary",
        },
        { type: "value_error.missing", loc: ["body", "webhook", "sync_field"], msg: "field required: sync_field" },
        { type: "missing", loc: ["body"], msg: "Field required" },
        { type: "json_invalid", loc: ["body", 17], msg: "JSON decode error" },
        { type: "weird <type>", loc: ["body", "webhook", "function-after[x()]", "sync_field"], msg: 42 },
        { type: "missing", loc: ["query", "x"], msg: "Field required" },
        { type: "missing", loc: ["path", "action_id"], msg: "action_id is odd" },
        "not an entry",
        { loc: "body", msg: "not an entry either" },
      ],
    },
  });

  expect(error.extensions).toMatchObject({
    code: "BAD_USER_INPUT",
    ...notCreated,
    upstream: { status: 422, ctxId: "ctx-4" },
  });
  expect(error.extensions.fieldErrors).toEqual([
    { path: ["input", "webhook", "type"], message: "Input should be 'YES_NO'", rule: "literal_error" },
    { path: ["input", "webhook", "syncField"], message: "field required: syncField", rule: "value_error.missing" },
    { path: ["input"], message: "Field required", rule: "missing" },
    { path: ["input"], message: "JSON decode error", rule: "json_invalid" },
    { path: ["input", "webhook"], message: "ContactSwing rejected this value.", rule: "upstream" },
    { path: ["input"], message: "Field required", rule: "missing" },
    { path: ["id"], message: "id is odd", rule: "missing" },
  ]);
  expect(error.message).toBe(
    "ContactSwing rejected the input. input.webhook.type: Input should be 'YES_NO' " +
      "input.webhook.syncField: field required: syncField input: Field required And 4 more.",
  );
});

describe("ContactSwing's own words", () => {
  const messageFor = async (body: unknown, status = 400, headers: Record<string, string> = {}) =>
    (await createAgainst({ status, body, headers })).error.message;

  test.each([
    [{ detail: "sync_field needs sync_data; type is yes/no" }, "syncField needs syncData; type is YES_NO"],
    [{ detail: { message: "in an object" } }, "in an object"],
    [{ detail: { error: "as error" } }, "as error"],
    [{ error: { msg: "nested" } }, "nested"],
    [{ message: "at the top" }, "at the top"],
    [{ message: "general", detail: "special" }, "special"],
    [{ detail: "  ", message: "general" }, "general"],
    [{ detail: 17, error: "as error" }, "as error"],
    [{ detail: ["first of a list", "second"] }, "first of a list"],
    [{ detail: [{ msg: "without a location" }] }, "without a location"],
    [["a bare list"], "a bare list"],
    [JSON.stringify("a bare string"), "a bare string"],
    ["plain text", "plain text"],
    [{ detail: "two\nlines\u0000 and\ttabs" }, "two lines and tabs"],
    [{ detail: "see https://internal.example/x?y=1 for more" }, "see [link] for more"],
    [
      { detail: "cannot reach db-1.internal:5432 or 10.0.0.7:80 or [::1]:9 or localhost:80" },
      "cannot reach [host] or [host] or [host] or [host]",
    ],
    [
      { detail: "token canary-token is bad, Bearer abc too, eyJhbGciOi.J9.sig as well" },
      "token [token] is bad, [token] too, [token] as well",
    ],
    [
      { detail: `Traceback (most recent call last):\n  File "/app/main.py", line 1` },
      "ContactSwing rejected the input.",
    ],
    [{ detail: "<html>page</html>" }, "ContactSwing rejected the input."],
    [{ detail: 17 }, "ContactSwing rejected the input."],
    [{ detail: [] }, "ContactSwing rejected the input."],
    [{ detail: "  " }, "ContactSwing rejected the input."],
    [null, "ContactSwing rejected the input."],
  ])("reach the caller as plain text: %j", async (body, expected) => {
    expect(await messageFor(body)).toBe(expected);
  });

  test("are at most 500 characters long", async () => {
    const message = await messageFor({ detail: "🙂".repeat(600) });

    expect(Array.from(message)).toHaveLength(500);
    expect(message).toBe(`${"🙂".repeat(499)}…`);
  });

  test("reach the caller for 403 and 409, not for 404 and 500", async () => {
    const detail = { detail: "their words" };

    expect(await messageFor(detail, 403)).toBe("their words");
    expect(await messageFor(detail, 409)).toBe("their words");
    expect(await messageFor(detail, 404)).toBe("ContactSwing refused the call.");
    expect(await messageFor(detail, 500)).toBe("ContactSwing failed while it worked on the call.");
  });
});

test("says that no connection means nothing was created, and that it may be tried again", async () => {
  const upstream = await startUpstream();
  await upstream.close();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const { extensions } = onlyError(await create(url, minimalInput, token));

  expect(extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", outcome: "NOT_CREATED", retryable: true });
  expect(extensions.upstream).toBeUndefined();
});

test("gives up after the connect timeout", async () => {
  const port = await startDeafListener();
  const settings = { UPSTREAM_CONNECT_TIMEOUT_MS: "300", UPSTREAM_TIMEOUT_MS: "600000" };
  const { url } = await startService({ CONTACTSWING_URL: `http://127.0.0.1:${port}`, ...settings });
  const startedAt = performance.now();

  const { extensions } = onlyError(await create(url, minimalInput, token));

  expect(extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", outcome: "NOT_CREATED", retryable: true });
  expect(performance.now() - startedAt).toBeGreaterThan(250);
});

test("gives up on an answer that does not come, and says that nobody knows", async () => {
  const upstream = await startUpstream(() => new Promise(() => {}));
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, UPSTREAM_TIMEOUT_MS: "100" });
  const startedAt = performance.now();

  const { extensions } = onlyError(await create(url, minimalInput, token));

  expect(extensions).toMatchObject({ code: "UPSTREAM_TIMEOUT", ...unknown });
  // The setting is what counts, and not its default of ten seconds.
  expect(performance.now() - startedAt).toBeLessThan(5000);
  expect(upstream.received).toHaveLength(1);
});

test("refuses what is over MAX_IN_FLIGHT at once, and takes calls again afterwards", async () => {
  const releases: (() => void)[] = [];
  const upstream = await startUpstream(async () => {
    await new Promise<void>((resolve) => releases.push(resolve));
    return createdAnswer;
  });
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, MAX_IN_FLIGHT: "2" });
  const held = [create(url, minimalInput, token), create(url, minimalInput, token)];
  while (upstream.received.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));

  const { extensions } = onlyError(await create(url, minimalInput, token));
  for (const release of releases) release();
  const answers = await Promise.all(held);
  const afterwards = create(url, minimalInput, token);
  while (releases.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  releases[2]?.();

  expect(extensions).toMatchObject({
    code: "OVERLOADED",
    outcome: "NOT_CREATED",
    retryable: true,
    retryAfterSeconds: 1,
  });
  expect(answers.every(({ body }) => body.errors === undefined)).toBe(true);
  expect((await afterwards).body.errors).toBeUndefined();
});

test("stops calling an upstream that is down, and says when to come back", async () => {
  const upstream = await startUpstream();
  await upstream.close();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, UPSTREAM_CONNECT_TIMEOUT_MS: "20" });
  for (let call = 0; call < 20; call++) await create(url, minimalInput, token);

  const { extensions, message } = onlyError(await create(url, minimalInput, token));

  expect(extensions).toMatchObject({
    code: "UPSTREAM_UNAVAILABLE",
    outcome: "NOT_CREATED",
    retryable: true,
    retryAfterSeconds: 1,
  });
  expect(message).toContain("held back");
});

describe("a variable that GraphQL cannot coerce", () => {
  const failing = async (query: string, variables: unknown) => {
    const upstream = await startUpstream();
    const { url } = await startService({ CONTACTSWING_URL: upstream.url });
    const answer = await send(url, { query, variables }, token);
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain("canary");
    expect(upstream.received).toEqual([]);
    return onlyError(answer);
  };
  const whole =
    "mutation ($any: CreateDataExtractionActionInput!) { createDataExtractionAction(input: $any) { ctxId } }";

  test("has one field error a problem, each under its own path", async () => {
    const { extensions } = await failing(whole, {
      any: {
        description: ["canary"],
        type: "canary",
        canary: 1,
        webhook: { mandatory: "canary", syncData: null, canary: {} },
      },
    });

    expect(extensions).toMatchObject({ code: "BAD_USER_INPUT", ...notCreated });
    expect(extensions.fieldErrors).toEqual([
      { path: ["input", "name"], message: "Required, of type String!.", rule: "type" },
      { path: ["input", "description"], message: "Must be of type String.", rule: "type" },
      { path: ["input", "type"], message: "Must be one of SINGLEDATAEXTRACTION.", rule: "type" },
      { path: ["input", "webhook", "mandatory"], message: "Must be of type Boolean.", rule: "type" },
      { path: ["input", "webhook"], message: expect.stringContaining("its fields are mandatory, name"), rule: "type" },
      { path: ["input"], message: expect.stringContaining("its fields are name, description"), rule: "type" },
    ]);
  });

  test.each([
    [{}, ["input"]],
    [{ any: null }, ["input"]],
    [{ any: "canary" }, ["input"]],
    [{ any: ["canary"] }, ["input"]],
    [{ any: { name: "n", webhook: "canary" } }, ["input", "webhook"]],
    [{ any: { name: "n", webhook: {}, actionTiming: null } }, ["input", "actionTiming"]],
  ])("names the path for %j", async (variables, path) => {
    const { extensions } = await failing(whole, variables);

    expect(extensions.fieldErrors?.map((problem) => problem.path)).toEqual([path]);
  });

  test("has the path of the input field that the variable is used in", async () => {
    const query =
      "mutation ($w: Boolean!, $n: String!, $skip: Boolean!) " +
      '{ createDataExtractionAction(input: { name: $n, webhook: { syncData: $w, name: "x" } }) { ctxId @skip(if: $skip) } }';

    const { extensions } = await failing(query, { w: "canary", n: 7, skip: "canary" });

    expect(extensions.fieldErrors?.map(({ path }) => path)).toEqual([
      ["input", "webhook", "syncData"],
      ["input", "name"],
      [],
    ]);
  });

  test("has one error also when there are more problems than graphql-js counts", async () => {
    const canaries = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`canary${index}`, 1]));

    const { extensions } = await failing(whole, { any: { name: "n", webhook: canaries } });

    expect(extensions.fieldErrors).toHaveLength(80);
  });

  const create = (input: string, selection = "ctxId") =>
    `{ createDataExtractionAction(input: { ${input} }) { ${selection} } }`;
  test.each([
    [
      "$t: DataExtractionActionTiming",
      create('name: "n", actionTiming: $t, webhook: {}'),
      { t: null },
      ["input", "actionTiming"],
    ],
    [
      "$t: DataExtractionActionTiming = null",
      create('name: "n", actionTiming: $t, webhook: {}'),
      {},
      ["input", "actionTiming"],
    ],
    ['$t: String = "n"', create("name: $t, webhook: {}"), { t: null }, ["input", "name"]],
    [
      '$d: String, $t: String = "n"',
      create("name: $t, description: $d, webhook: {}"),
      { d: "d", t: null },
      ["input", "name"],
    ],
    ["$t: Boolean = true", create('name: "n", webhook: {}', "action @include(if: $t) { id }"), { t: null }, []],
  ])("is a null where none is taken, allowed by a default: %s", async (variable, selection, variables, path) => {
    const { extensions } = await failing(`mutation (${variable}) ${selection}`, variables);

    expect(extensions).toMatchObject({ code: "BAD_USER_INPUT", ...notCreated });
    expect(extensions.fieldErrors?.map((problem) => problem.path)).toEqual([path]);
  });

  test("is no null where one is taken", async () => {
    const upstream = await startUpstream();
    const { url } = await startService({ CONTACTSWING_URL: upstream.url });
    const query = `mutation ($d: String, $m: Boolean = null) ${create('name: "n", description: $d, webhook: { mandatory: $m }')}`;

    const { body } = await send(url, { query, variables: { d: null } }, token);

    expect(body.data.createDataExtractionAction).toEqual({ ctxId: "ctx-1" });
    expect(JSON.parse(upstream.received[0]?.body ?? "")).toEqual({
      name: "n",
      action_timing: "DURING",
      type: "SINGLEDATAEXTRACTION",
      webhook: {},
    });
  });

  test("is told without an outcome in a query", async () => {
    const { extensions } = await failing("query ($id: ID!) { dataExtractionAction(id: $id) { id } }", {
      id: { canary: 1 },
    });

    expect(extensions.fieldErrors).toEqual([{ path: ["id"], message: "Must be of type ID.", rule: "type" }]);
    expect(extensions.outcome).toBeUndefined();
  });
});

test.each([
  ["mutation { createDataExtractionAction(input: { name: 12345, webhook: {} }) { ctxId } }", "12345"],
  [
    'mutation { createDataExtractionAction(input: { name: "n", webhook: { mandatory: "canary" } }) { ctxId } }',
    "canary",
  ],
  ['mutation { createDataExtractionAction(input: { name: "n", type: CANARY, webhook: {} }) { ctxId } }', "CANARY"],
  ['mutation { createDataExtractionAction(input: "canary") { ctxId } }', "canary"],
  ['mutation { createDataExtractionAction("canary") { ctxId } }', "canary"],
])("does not quote literals of the document: %s", async (query, literal) => {
  const { url } = await startService({});

  const answer = await send(url, { query }, token);

  expect(answer.status).toBe(400);
  expect(answer.text).not.toContain(literal);
});
