import { describe, expect, test } from "@jest/globals";
import { demoToken } from "../src/sandbox/demo-token.ts";
import { startSandbox } from "./helpers/service.ts";

const valid = {
  name: "N",
  action_timing: "DURING",
  type: "SINGLEDATAEXTRACTION",
  webhook: { mandatory: true, type: "yes/no", sync_data: false, name: null },
};

async function call(method: string, path: string, body?: string, authorization: string | null = `Bearer ${demoToken}`) {
  const { url } = await startSandbox();
  const response = await fetch(url + path, {
    method,
    headers: { "content-type": "application/json", ...(authorization === null ? {} : { authorization }) },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type");
  return { status: response.status, type, body: type?.includes("json") ? JSON.parse(text) : text };
}

const post = (body: unknown, authorization?: string | null) =>
  call("POST", "/v2/_actions", typeof body === "string" ? body : JSON.stringify(body), authorization);

test("creates an action as the reference says", async () => {
  expect(await post(valid)).toMatchObject({
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
])("answers 401 to the Authorization %j", async (authorization, detail) => {
  expect(await post(valid, authorization)).toEqual({ status: 401, type: "application/json", body: { detail } });
});

test.each([
  ["GET", "/", 404, "Not Found"],
  ["GET", "/v2/_actions", 405, "Method Not Allowed"],
  ["DELETE", "/v2/_actions/x", 405, "Method Not Allowed"],
  ["GET", "/v2/_actions/none", 404, "Action not found"],
])("answers %s %s as FastAPI does", async (method, path, status, detail) => {
  expect(await call(method, path)).toEqual({ status, type: "application/json", body: { detail } });
});

test("answers a path that cannot be decoded with FastAPI's plain-text 500", async () => {
  expect(await call("GET", "/v2/_actions/%ff")).toEqual({
    status: 500,
    type: "text/plain; charset=utf-8",
    body: "Internal Server Error",
  });
});

describe("answers pydantic's list to", () => {
  test.each<[string, unknown, unknown[]]>([
    [
      "broken JSON",
      '{"name":',
      [
        {
          type: "json_invalid",
          loc: ["body", 0],
          msg: "JSON decode error",
          input: {},
          ctx: { error: "Expecting value" },
        },
      ],
    ],
    [
      "a list",
      [],
      [
        {
          type: "model_attributes_type",
          loc: ["body"],
          msg: "Input should be a valid dictionary or object to extract fields from",
          input: [],
        },
      ],
    ],
    [
      "missing fields",
      { name: "N" },
      ["action_timing", "type", "webhook"].map((field) => ({
        type: "missing",
        loc: ["body", field],
        msg: "Field required",
        input: { name: "N" },
      })),
    ],
    [
      "a number for a string",
      { ...valid, name: 7 },
      [{ type: "string_type", loc: ["body", "name"], msg: "Input should be a valid string", input: 7 }],
    ],
    [
      "a string for a boolean",
      { ...valid, webhook: { sync_data: "x" } },
      [
        {
          type: "bool_type",
          loc: ["body", "webhook", "sync_data"],
          msg: "Input should be a valid boolean",
          input: "x",
        },
      ],
    ],
    [
      "an unknown value",
      { ...valid, webhook: { type: "maybe" } },
      [
        {
          type: "literal_error",
          loc: ["body", "webhook", "type"],
          msg: "Input should be 'yes/no'",
          input: "maybe",
          ctx: { expected: "'yes/no'" },
        },
      ],
    ],
    [
      "null for a required field",
      { ...valid, name: null },
      [{ type: "string_type", loc: ["body", "name"], msg: "Input should be a valid string", input: null }],
    ],
  ])("%s", async (_case, body, detail) => {
    expect(await post(body)).toEqual({ status: 422, type: "application/json", body: { detail } });
  });
});
