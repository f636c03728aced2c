import { describe, expect, test } from "@jest/globals";
import { demoToken } from "../src/sandbox/demo-token.ts";
import { startSandbox } from "./helpers/service.ts";

// The scenarios are played through the service in test/scenarios.test.ts.

const valid = {
  name: "N",
  action_timing: "DURING",
  type: "SINGLEDATAEXTRACTION",
  webhook: { mandatory: true, type: "yes/no", sync_data: false, name: null },
};

const authorized = { authorization: `Bearer ${demoToken}` };

async function startClient() {
  const { url } = await startSandbox();
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = authorized) => {
    const response = await fetch(url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = response.headers.get("content-type");
    return { status: response.status, type, body: type?.includes("json") ? JSON.parse(text) : text };
  };
}

const send = async (...parameters: Parameters<Awaited<ReturnType<typeof startClient>>>) =>
  (await startClient())(...parameters);
const create = (body: unknown, headers?: Record<string, string>) => send("POST", "/v2/_actions", body, headers);

test("creates an action as the reference documents it", async () => {
  expect(await create(valid)).toEqual({
    status: 201,
    type: "application/json",
    body: {
      ctx_id: expect.any(String),
      data: { action_id: expect.any(String), name: "N", type: "SINGLEDATAEXTRACTION" },
    },
  });
});

test.each([
  [{}, "Not authenticated"],
  [{ authorization: "Bearer another" }, "Invalid token"],
  [{ authorization: "Basic abc" }, "Invalid token"],
  [{ authorization: `Bearer ${demoToken}.other` }, "Invalid token"],
])("responds with 401 to the headers %j", async (headers, detail) => {
  expect(await create(valid, headers)).toEqual({ status: 401, type: "application/json", body: { detail } });
});

test.each([
  ["GET", "/", 404, { detail: "Not Found" }],
  ["PUT", "/v2/_actions", 405, { detail: "Method Not Allowed" }],
  ["GET", "/v2/_actions/none", 404, { detail: "Action not found" }],
  ["GET", "/v2/_actions/%ff", 500, "Internal Server Error"],
])("responds to %s %s as FastAPI does", async (method, path, status, body) => {
  expect(await send(method, path)).toMatchObject({ status, body });
});

test("lists actions of several kinds and a new one at the end, in the documented envelope", async () => {
  const request = await startClient();
  await request("POST", "/v2/_actions", valid);
  const list = async (query: string) => (await request("GET", `/v2/_actions${query}`)).body.data;

  const first = await list("");
  const second = await list("?page=2");
  const everything = await list("?page=1&per_page=100");
  const beyond = await list("?page=3");

  const pagination = { current_page: 1, per_page: 10, total_records: 14, total_pages: 2, has_next: true };
  expect(first.pagination).toEqual(pagination);
  expect(first.data[0]).toMatchObject({
    id: "sandbox:example",
    name: "My Data Extraction Action",
    type: "SINGLEDATAEXTRACTION",
    is_active: true,
    webhook: { type: "yes/no" },
  });
  expect(first.data[2]).not.toHaveProperty("webhook");
  expect(second.pagination).toEqual({ ...pagination, current_page: 2, has_next: false });
  expect([...first.data, ...second.data]).toEqual(everything.data);
  expect(everything.data.at(-1).name).toBe("N");
  expect(new Set(everything.data.map(({ type }: { type: string }) => type)).size).toBeGreaterThan(5);
  expect(beyond).toMatchObject({ data: [], pagination: { current_page: 3, has_next: false } });
});

test.each([
  ["per_page=0", "greater_than_equal", "Input should be greater than or equal to 1", { ctx: { ge: 1 } }],
  ["per_page=101", "less_than_equal", "Input should be less than or equal to 100", { ctx: { le: 100 } }],
  ["page=x", "int_parsing", "Input should be a valid integer, unable to parse string as an integer", {}],
])("rejects a list with %s with FastAPI's 422", async (query, type, msg, more) => {
  const [name, input] = query.split("=");

  expect(await send("GET", `/v2/_actions?${query}`)).toMatchObject({
    status: 422,
    body: { detail: [{ type, loc: ["query", name], msg, input, ...more }] },
  });
});

describe("a failure on demand", () => {
  const ofToken = (suffix: string) => ({ authorization: `Bearer ${demoToken}.${suffix}` });
  const ofRequestId = (id: string) => ({ ...authorized, "x-request-id": id });

  test.each<[string, Record<string, string>]>([
    ["the end of the token", ofToken("sandbox-429")],
    ["the beginning of the request ID", ofRequestId("sandbox-429.7f3a")],
    ["the request ID before the token", { ...ofToken("sandbox-500"), "x-request-id": "sandbox-429" }],
  ])("is selected by %s, for every operation", async (_case, headers) => {
    const request = await startClient();

    const responses = [
      await request("GET", "/v2/_actions", undefined, headers),
      await request("GET", "/v2/_actions/sandbox:example", undefined, headers),
      await request("POST", "/v2/_actions", valid, headers),
    ];

    expect(responses.map(({ status }) => status)).toEqual([429, 429, 429]);
  });

  test.each([
    [valid, ofToken("sandbox-4222")],
    [valid, ofRequestId("sandbox-4222")],
    [{ ...valid, name: "sandbox:4222" }, authorized],
  ])("that does not exist is a 400: %j %j", async (body, headers) => {
    expect(await create(body, headers)).toMatchObject({
      status: 400,
      body: { detail: "The sandbox has no scenario of this name." },
    });
  });
});

test.each<[unknown, unknown[], string, string]>([
  ['{"name":', [0], "json_invalid", "JSON decode error"],
  [[], [], "model_attributes_type", "Input should be a valid dictionary or object to extract fields from"],
  [{ ...valid, type: undefined }, ["type"], "missing", "Field required"],
  [{ ...valid, name: null }, ["name"], "string_type", "Input should be a valid string"],
  [{ ...valid, webhook: { sync_data: "x" } }, ["webhook", "sync_data"], "bool_type", "Input should be a valid boolean"],
  [{ ...valid, webhook: { type: "maybe" } }, ["webhook", "type"], "literal_error", "Input should be 'yes/no'"],
])("responds to %j with the problem that pydantic finds at %j", async (body, loc, type, msg) => {
  const problem = { type, loc: ["body", ...loc], msg };

  expect(await create(body)).toMatchObject({ status: 422, type: "application/json", body: { detail: [problem] } });
});
