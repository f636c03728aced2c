import { describe, expect, test } from "@jest/globals";
import { GraphQLError } from "graphql";
import type { ContactSwing } from "../src/contactswing/client.ts";
import { create, createMutation, type GraphqlAnswer, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { startServiceOn } from "./helpers/service-on.ts";

const canary = "canary-token-7f3a";
const token = { authorization: `Bearer ${canary}` };
const masked = { code: "INTERNAL_SERVER_ERROR", outcome: "UNKNOWN", retryable: false };

class OwnError extends Error {}

function throwing(): never {
  throw new Error(canary);
}

/** An object that throws, and quotes the token, however it is looked at. */
const trap = new Proxy(class {}, {
  get: throwing,
  has: throwing,
  ownKeys: throwing,
  getPrototypeOf: throwing,
  getOwnPropertyDescriptor: throwing,
  apply: throwing,
});

const withAll = (properties: object) => Object.assign(new Error(canary), properties);
const withGetters = (...names: string[]) =>
  Object.defineProperties(new Error(canary), Object.fromEntries(names.map((name) => [name, { get: throwing }])));

const thrown: [string, () => unknown][] = [
  ["an error that quotes the token", () => new Error(`Authorization: Bearer ${canary}`)],
  ["an error with a cause", () => new Error("no", { cause: new Error(canary) })],
  [
    "an error with the request in it",
    () => withAll({ options: { headers: token }, request: token, input: { name: canary } }),
  ],
  ["an aggregate", () => new AggregateError([new Error(canary)], canary)],
  ["an error that is named after the token", () => withAll({ name: "CanaryToken" })],
  ["an error of its own class", () => new OwnError(canary)],
  ["an error whose constructor is not one", () => withAll({ constructor: canary })],
  [
    "an error with a stack that was made up",
    () => withAll({ stack: `Error: x\n    at ${canary} (/src/${canary}.ts:1:1)` }),
  ],
  ["an error with a message like a stack", () => new Error(`x\n    at f (/src/${canary}.ts:1:1)`)],
  ["an error without a stack", () => withAll({ stack: undefined })],
  ["an error with a message that is no text", () => withAll({ message: { canary } })],
  ["an error with a code of the protocol", () => withAll({ extensions: { code: "BAD_REQUEST", canary } })],
  ["an error with a code of ours", () => withAll({ code: "RATE_LIMITED", extensions: { code: "RATE_LIMITED" } })],
  [
    "an error with another message in its extensions",
    () => withAll({ extensions: { message: canary, outcome: canary } }),
  ],
  [
    "an error with a status and headers",
    () => withAll({ statusCode: 404, extensions: { http: { status: 418, headers: new Map([["x-canary", "1"]]) } } }),
  ],
  ["an error with a path", () => withAll({ path: ["createDataExtractionAction", canary], locations: [{ canary }] })],
  [
    "an error with a path and a code",
    () => withAll({ path: [canary], extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }),
  ],
  ["a GraphQL error", () => new GraphQLError(canary)],
  [
    "a GraphQL error with a code of the protocol",
    () => new GraphQLError(canary, { extensions: { code: "GRAPHQL_PARSE_FAILED" } }),
  ],
  [
    "a GraphQL error with a code of Apollo Server's",
    () => new GraphQLError(canary, { extensions: { code: "BAD_USER_INPUT" } }),
  ],
  ["an error that looks like a failure", () => withAll({ failure: { kind: "conflict", text: canary } })],
  ["a text", () => canary],
  ["nothing", () => undefined],
  ["null", () => null],
  ["a number", () => 7],
  ["a symbol", () => Symbol(canary)],
  ["a function", () => () => canary],
  ["an object", () => ({ message: canary, headers: token })],
  ["an object without a prototype", () => Object.assign(Object.create(null), { message: canary })],
  ["an object that prints the token", () => ({ toString: () => canary, toJSON: () => canary })],
  ["an error without a prototype", () => Object.setPrototypeOf(new Error(canary), null)],
  ["a frozen error", () => Object.freeze(new Error(canary))],
  ["an error whose message throws", () => withGetters("message")],
  ["an error whose stack throws", () => withGetters("stack")],
  [
    "an error everything of which throws",
    () => withGetters("message", "stack", "name", "path", "extensions", "nodes", "toString", "constructor"),
  ],
  [
    "an object that throws when printed",
    () => ({ toJSON: throwing, toString: throwing, [Symbol.toPrimitive]: throwing }),
  ],
  ["an object that throws whatever is done with it", () => trap],
];

const failing = (make: () => unknown): ContactSwing => ({
  createAction: () => Promise.reject(make()),
  readAction: () => Promise.reject(make()),
});

function expectMasked(answer: GraphqlAnswer, logLines: readonly string[], extensions: object = masked) {
  const error = onlyError(answer);
  const requestId = answer.headers.get("x-request-id");
  expect(error.message).toBe("Internal server error.");
  expect(error.extensions).toEqual({ ...extensions, requestId });
  expect(answer.text + JSON.stringify([...answer.headers]) + logLines.join("")).not.toMatch(/canary/i);
  const lines = logLines.map((line) => JSON.parse(line));
  expect(lines.filter(({ message }) => message === "internal error")).toMatchObject([
    { "log.level": "error", "http.request.id": requestId, "error.type": expect.any(String) },
  ]);
  expect(lines.filter(({ message }) => message === "graphql request")).toMatchObject([
    { "http.request.id": requestId, "error.code": ["INTERNAL_SERVER_ERROR"] },
  ]);
}

describe("is masked, and logged once with the request's id, when it is", () => {
  test.each(thrown)("%s", async (_case, make) => {
    const { url, logLines } = await startServiceOn(failing(make));

    const answer = await create(url, minimalInput, token);

    expectMasked(answer, logLines);
    expect([200, 500]).toContain(answer.status);
  });

  test.each(thrown)("%s, thrown while the request's context is made", async (_case, make) => {
    const { url, logLines } = await startServiceOn(failing(make), () => {
      throw make();
    });

    const answer = await create(url, minimalInput, token);

    expect(answer.status).toBe(500);
    expectMasked(answer, logLines);
  });
});

test("answers 200 to a bug, as to everything that was executed", async () => {
  for (const make of [
    () => new Error(canary),
    () => withAll({ extensions: { http: { status: 418 } } }),
    () => undefined,
  ]) {
    const { url } = await startServiceOn(failing(make));

    expect((await create(url, minimalInput, token)).status).toBe(200);
  }
});

test("says where in the code a bug was, and what class it had, and nothing else of it", async () => {
  const { url, logLines } = await startServiceOn({
    createAction: (input) => Promise.resolve((input as unknown as { missing: { field: never } }).missing.field),
    readAction: () => Promise.reject(new Error()),
  });

  await create(url, minimalInput, token);

  const line = logLines.map((text) => JSON.parse(text)).find(({ message }) => message === "internal error");
  expect(line).toEqual({
    "log.level": "error",
    "@timestamp": expect.any(String),
    "service.name": "contactswing-bff",
    "http.request.id": expect.any(String),
    "error.type": "TypeError",
    "error.origin": expect.stringMatching(/^actions\/data-extraction-action-resolver\.ts:\d+$/),
    message: "internal error",
  });
});

test("logs one bug once that fails several fields, and says that the action exists", async () => {
  const { url, logLines } = await startServiceOn({
    createAction: async () => ({ actionId: "a", name: "n", ctxId: null }),
    readAction: () => Promise.reject(new Error(canary)),
  });
  const query = createMutation.replace("id name type", "id isActive webhook { name } description");

  const { body, text } = await send(url, { query, variables: { input: minimalInput } }, token);

  expect(body.data.createDataExtractionAction.action).toEqual({
    id: "a",
    isActive: null,
    webhook: null,
    description: null,
  });
  expect(body.errors?.map(({ extensions }) => extensions)).toMatchObject(
    Array.from({ length: 3 }, () => ({ ...masked, outcome: "CREATED" })),
  );
  expect(logLines.filter((line) => line.includes("internal error")).length).toBe(1);
  expect(text + logLines.join("")).not.toContain("canary");
});

test("keeps a sibling's id when one create meets a bug", async () => {
  const { url } = await startServiceOn({
    createAction: ({ name }) =>
      name === "bad" ? Promise.reject(new Error(canary)) : Promise.resolve({ actionId: "a", name, ctxId: null }),
    readAction: async () => null,
  });
  const field = (alias: string, name: string) =>
    `${alias}: createDataExtractionAction(input: { name: "${name}", webhook: {} }) { action { id } }`;

  const { body } = await send(url, { query: `mutation { ${field("a", "good")} ${field("b", "bad")} }` }, token);

  expect(body.data).toEqual({ a: { action: { id: "a" } }, b: null });
  expect(body.errors).toMatchObject([{ path: ["b"], extensions: masked }]);
});

test("has no outcome on a read", async () => {
  const { url, logLines } = await startServiceOn(failing(() => new Error(canary)));

  const answer = await send(url, { query: '{ dataExtractionAction(id: "a") { id } }' }, token);

  expectMasked(answer, logLines, { code: "INTERNAL_SERVER_ERROR", retryable: false });
});
