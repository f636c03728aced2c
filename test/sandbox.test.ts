import { describe, expect, test } from "@jest/globals";
import { demoToken } from "../src/sandbox/demo-token.ts";
import { startSandbox } from "./helpers/service.ts";

const valid = {
  name: "N",
  action_timing: "DURING",
  type: "SINGLEDATAEXTRACTION",
  webhook: { mandatory: true, type: "yes/no", sync_data: false, name: null },
};

interface Options {
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** `null`: without the header. */
  readonly authorization?: string | null;
}

async function startClient() {
  const { url } = await startSandbox();
  return async (method: string, path: string, { body, headers, authorization }: Options = {}) => {
    const token = authorization === undefined ? `Bearer ${demoToken}` : authorization;
    const response = await fetch(url + path, {
      method,
      headers: { "content-type": "application/json", ...(token === null ? {} : { authorization: token }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get("content-type");
    return { status: response.status, type, body: type?.includes("json") ? JSON.parse(text) : text };
  };
}

const requestOnce = async (...parameters: Parameters<Awaited<ReturnType<typeof startClient>>>) =>
  (await startClient())(...parameters);

test("creates an action as the reference documents it", async () => {
  expect(await requestOnce("POST", "/v2/_actions", { body: valid })).toMatchObject({
    status: 201,
    type: "application/json",
    body: {
      ctx_id: expect.any(String),
      data: { action_id: expect.any(String), name: "N", type: "SINGLEDATAEXTRACTION" },
    },
  });
});

test.each([
  [null, "Not authenticated"],
  ["Bearer another", "Invalid token"],
  ["Basic abc", "Invalid token"],
  [`Bearer ${demoToken}.other`, "Invalid token"],
])("responds with 401 to the Authorization header %j", async (authorization, detail) => {
  expect(await requestOnce("POST", "/v2/_actions", { body: valid, authorization })).toEqual({
    status: 401,
    type: "application/json",
    body: { detail },
  });
});

test.each([
  ["GET", "/", 404, "Not Found"],
  ["PUT", "/v2/_actions", 405, "Method Not Allowed"],
  ["DELETE", "/v2/_actions/x", 405, "Method Not Allowed"],
  ["GET", "/v2/_actions/none", 404, "Action not found"],
])("responds to %s %s as FastAPI does", async (method, path, status, detail) => {
  expect(await requestOnce(method, path)).toEqual({ status, type: "application/json", body: { detail } });
});

test("responds to a path that cannot be decoded with FastAPI's plain-text 500", async () => {
  expect(await requestOnce("GET", "/v2/_actions/%ff")).toMatchObject({ status: 500, body: "Internal Server Error" });
});

describe("the list", () => {
  const namesOf = ({ body }: { body: { data: { data: { name: string }[] } } }) =>
    body.data.data.map(({ name }) => name);

  test("has pages of actions of several kinds, in the documented envelope", async () => {
    const request = await startClient();

    const first = await request("GET", "/v2/_actions");
    const second = await request("GET", "/v2/_actions?page=2");
    const everything = await request("GET", "/v2/_actions?page=1&per_page=100");
    const beyond = await request("GET", "/v2/_actions?page=3");

    const pagination = { current_page: 1, per_page: 10, total_records: 13, total_pages: 2, has_next: true };
    expect(first.body).toMatchObject({ ctx_id: expect.any(String), data: { pagination } });
    expect(first.body.data.data[0]).toMatchObject({
      id: "sandbox:example",
      name: "My Data Extraction Action",
      type: "SINGLEDATAEXTRACTION",
      is_active: true,
      webhook: { type: "yes/no" },
    });
    expect(first.body.data.data[2]).not.toHaveProperty("webhook");
    expect(second.body.data.pagination).toMatchObject({ current_page: 2, has_next: false });
    expect([...namesOf(first), ...namesOf(second)]).toEqual(namesOf(everything));
    expect(beyond.body.data).toMatchObject({ data: [], pagination: { current_page: 3, has_next: false } });
    expect(new Set(everything.body.data.data.map(({ type }: { type: string }) => type)).size).toBeGreaterThan(5);
  });

  test("has a new action at its end", async () => {
    const request = await startClient();
    await request("POST", "/v2/_actions", { body: valid });

    expect(namesOf(await request("GET", "/v2/_actions?per_page=100")).at(-1)).toBe("N");
  });

  test.each([
    ["page=0", "page", "greater_than_equal", "Input should be greater than or equal to 1", { ge: 1 }],
    ["per_page=0", "per_page", "greater_than_equal", "Input should be greater than or equal to 1", { ge: 1 }],
    ["per_page=101", "per_page", "less_than_equal", "Input should be less than or equal to 100", { le: 100 }],
    [
      "page=x",
      "page",
      "int_parsing",
      "Input should be a valid integer, unable to parse string as an integer",
      undefined,
    ],
  ])("rejects %s with FastAPI's 422", async (query, name, type, msg, ctx) => {
    const problem = { type, loc: ["query", name], msg, input: query.split("=")[1], ...(ctx && { ctx }) };
    expect(await requestOnce("GET", `/v2/_actions?${query}`)).toEqual({
      status: 422,
      type: "application/json",
      body: { detail: [problem] },
    });
  });
});

describe("a failure on demand", () => {
  const suffixed = (suffix: string) => ({ authorization: `Bearer ${demoToken}.${suffix}` });
  const requestId = (id: string) => ({ headers: { "x-request-id": id } });

  test.each<[string, Options]>([
    ["the end of the token", suffixed("sandbox-429")],
    ["the request ID", requestId("sandbox-429")],
    ["the beginning of the request ID", requestId("sandbox-429.7f3a")],
    ["the request ID before the token", { ...suffixed("sandbox-500"), ...requestId("sandbox-429") }],
  ])("is selected by %s, for every operation", async (_case, options) => {
    const request = await startClient();

    for (const [method, path, body] of [
      ["GET", "/v2/_actions", undefined],
      ["GET", "/v2/_actions/sandbox:example", undefined],
      ["POST", "/v2/_actions", valid],
    ] as const) {
      expect(await request(method, path, { ...options, body })).toMatchObject({ status: 429 });
    }
  });

  test("can be an empty list", async () => {
    const { body } = await requestOnce("GET", "/v2/_actions", requestId("sandbox-empty"));

    expect(body.data).toMatchObject({ data: [], pagination: { total_records: 0, has_next: false } });
  });

  test.each([suffixed("sandbox-4222"), requestId("sandbox-4222"), { body: { ...valid, name: "sandbox:4222" } }])(
    "that does not exist is a 400: %j",
    async (options) => {
      expect(await requestOnce("POST", "/v2/_actions", { body: valid, ...options })).toMatchObject({
        status: 400,
        body: { detail: "The sandbox has no scenario of this name." },
      });
    },
  );
});

test.each<[string, unknown, unknown[]]>([
  ["broken JSON", '{"name":', [["json_invalid", [0], "JSON decode error", {}, { error: "Expecting value" }]]],
  [
    "a list",
    [],
    [["model_attributes_type", [], "Input should be a valid dictionary or object to extract fields from", []]],
  ],
  [
    "missing fields",
    { name: "N" },
    ["action_timing", "type", "webhook"].map((field) => ["missing", [field], "Field required", { name: "N" }]),
  ],
  [
    "a string for a boolean",
    { ...valid, webhook: { sync_data: "x" } },
    [["bool_type", ["webhook", "sync_data"], "Input should be a valid boolean", "x"]],
  ],
  [
    "an unknown value",
    { ...valid, webhook: { type: "maybe" } },
    [["literal_error", ["webhook", "type"], "Input should be 'yes/no'", "maybe", { expected: "'yes/no'" }]],
  ],
  [
    "null for a required field",
    { ...valid, name: null },
    [["string_type", ["name"], "Input should be a valid string", null]],
  ],
])("responds to %s with pydantic's list of problems", async (_case, body, problems) => {
  const detail = (problems as [string, unknown[], string, unknown, unknown?][]).map(([type, loc, msg, input, ctx]) => ({
    type,
    loc: ["body", ...loc],
    msg,
    input,
    ...(ctx === undefined ? {} : { ctx }),
  }));

  expect(await requestOnce("POST", "/v2/_actions", { body })).toEqual({
    status: 422,
    type: "application/json",
    body: { detail },
  });
});
