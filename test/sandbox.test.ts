import { expect, test } from "@jest/globals";
import { demoToken } from "../src/auth/demo-token.ts";
import { startSandbox } from "./helpers/service.ts";

// The scenarios are played through the service in test/scenarios.test.ts.

const valid = {
  name: "N",
  action_timing: "DURING",
  type: "SINGLEDATAEXTRACTION",
  webhook: { mandatory: true, type: "yes/no", sync_data: false, name: null },
};

interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

async function send(url: string, { method = "GET", path = "/v2/_actions", headers = {}, body }: Request) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${demoToken}`, ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

const list = (query: string): Request => ({ path: `/v2/_actions?${query}` });
const post = (body: unknown, headers: Record<string, string> = {}): Request => ({ method: "POST", body, headers });
const withToken = (token: string) => ({ authorization: `Bearer ${token}` });
const created = { action_id: expect.any(String), name: "N", type: "SINGLEDATAEXTRACTION" };
const unknownFailure = { detail: "The sandbox has no scenario of this name." };

test.each<[what: string, Request, status: number, body: unknown]>([
  ["a valid action", post(valid), 201, { ctx_id: expect.any(String), data: created }],
  ["another token", { headers: withToken("another") }, 401, { detail: "Invalid token" }],
  ["another scheme", { headers: { authorization: "Basic abc" } }, 401, { detail: "Invalid token" }],
  ["a token that goes on", { headers: withToken(`${demoToken}.other`) }, 401, { detail: "Invalid token" }],
  ["an unknown path", { path: "/" }, 404, { detail: "Not Found" }],
  ["another method", { method: "PUT" }, 405, { detail: "Method Not Allowed" }],
  ["an unknown ID", { path: "/v2/_actions/none" }, 404, { detail: "Action not found" }],
  ["an ID that cannot be decoded", { path: "/v2/_actions/%ff" }, 500, "Internal Server Error"],
  ["an unknown failure as the name", post({ ...valid, name: "sandbox:4222" }), 400, unknownFailure],
  ["an unknown failure as the request ID", post(valid, { "x-request-id": "sandbox-4222" }), 400, unknownFailure],
  ["an unknown failure in the token", post(valid, withToken(`${demoToken}.sandbox-4222`)), 400, unknownFailure],
])("responds to %s", async (_what, request, status, body) => {
  const { url } = await startSandbox();

  expect(await send(url, request)).toEqual({ status, body });
});

const noInteger = "Input should be a valid integer, unable to parse string as an integer";
const noObject = "Input should be a valid dictionary or object to extract fields from";

test.each<[Request, loc: unknown[], type: string, msg: string]>([
  [list("per_page=0"), ["query", "per_page"], "greater_than_equal", "Input should be greater than or equal to 1"],
  [list("per_page=101"), ["query", "per_page"], "less_than_equal", "Input should be less than or equal to 100"],
  [list("page=x"), ["query", "page"], "int_parsing", noInteger],
  [post('{"name":'), ["body", 0], "json_invalid", "JSON decode error"],
  [post([]), ["body"], "model_attributes_type", noObject],
  [post({ ...valid, type: undefined }), ["body", "type"], "missing", "Field required"],
  [post({ ...valid, name: null }), ["body", "name"], "string_type", "Input should be a valid string"],
  [
    post({ ...valid, webhook: { sync_data: 7 } }),
    ["body", "webhook", "sync_data"],
    "bool_type",
    "Input should be a valid boolean",
  ],
  [
    post({ ...valid, webhook: { type: "maybe" } }),
    ["body", "webhook", "type"],
    "literal_error",
    "Input should be 'yes/no'",
  ],
])("responds to %j with the problem that pydantic finds at %j", async (request, loc, type, msg) => {
  const { url } = await startSandbox();

  expect(await send(url, request)).toMatchObject({ status: 422, body: { detail: [{ type, loc, msg }] } });
});

// That pages and rows are as the service assumes is in check-upstream.test.ts.
test("lists actions of several kinds and a new one at the end, over two pages by default", async () => {
  const { url } = await startSandbox();
  await send(url, post(valid));
  const read = async (query: string) => (await send(url, list(query))).body.data;

  const first = await read("");
  const second = await read("page=2");
  const everything = await read("page=1&per_page=100");

  const pagination = { current_page: 1, per_page: 10, total_records: 14, total_pages: 2, has_next: true };
  expect([first.pagination, second.pagination]).toEqual([
    pagination,
    { ...pagination, current_page: 2, has_next: false },
  ]);
  expect([...first.data, ...second.data]).toEqual(everything.data);
  expect(everything.data.at(-1).name).toBe("N");
  expect(new Set(everything.data.map(({ type }: { type: string }) => type)).size).toBeGreaterThan(5);
});
