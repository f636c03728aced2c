import { describe, expect, test } from "@jest/globals";
import { GraphQLError } from "graphql";
import type { Client } from "../src/contactswing/client.ts";
import {
  create,
  createMutation,
  type GraphqlResponse,
  minimalInput,
  onlyError,
  read,
  send,
} from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";

const canary = "canary-token-7f3a";
const token = { authorization: `Bearer ${canary}` };
const masked = { code: "INTERNAL_SERVER_ERROR", outcome: "UNKNOWN", retryable: false };

class OwnError extends Error {}

function throwCanary(): never {
  throw new Error(canary);
}

/** An object that throws, and quotes the token, whatever is done with it. */
const trap = new Proxy(class {}, {
  get: throwCanary,
  has: throwCanary,
  ownKeys: throwCanary,
  getPrototypeOf: throwCanary,
  getOwnPropertyDescriptor: throwCanary,
  apply: throwCanary,
});

const withAll = (properties: object) => Object.assign(new Error(canary), properties);
const withGetters = (...names: string[]) =>
  Object.defineProperties(new Error(canary), Object.fromEntries(names.map((name) => [name, { get: throwCanary }])));

const thrown: [string, () => unknown][] = [
  ["an error that quotes the token", () => new Error(`Authorization: Bearer ${canary}`)],
  ["an error that quotes a part of the token", () => new Error(`Unexpected token in "${canary.slice(3, 14)}..."`)],
  ["an error with a cause", () => new Error("no", { cause: new Error(canary) })],
  ["an error that holds the request", () => withAll({ options: { headers: token }, request: token })],
  ["an aggregate", () => new AggregateError([new Error(canary)], canary)],
  ["an error of a class of its own", () => new OwnError(canary)],
  ["an error whose constructor is not one", () => withAll({ constructor: canary })],
  ["an error with a made-up stack", () => withAll({ stack: `Error: x\n    at f (/src/${canary}.ts:1:1)` })],
  ["an error whose message looks like a stack", () => new Error(`x\n    at f (/src/${canary}.ts:1:1)`)],
  ["an error without a stack", () => withAll({ stack: undefined })],
  ["an error whose message is an object", () => withAll({ message: { canary } })],
  ["an error with a code of the protocol", () => withAll({ extensions: { code: "BAD_REQUEST", canary } })],
  ["an error with a code of ours", () => withAll({ code: "RATE_LIMITED", extensions: { code: "RATE_LIMITED" } })],
  [
    "an error with a status and headers",
    () => withAll({ statusCode: 404, extensions: { http: { status: 418, headers: new Map([["x-canary", "1"]]) } } }),
  ],
  ["an error with a path", () => withAll({ path: [canary], extensions: { code: "GRAPHQL_VALIDATION_FAILED" } })],
  ["a GraphQL error", () => new GraphQLError(canary, { extensions: { code: "BAD_USER_INPUT" } })],
  ["an error that looks like a failure", () => withAll({ failure: { kind: "conflict", message: canary } })],
  ["a string", () => canary],
  ["undefined", () => undefined],
  ["null", () => null],
  ["a symbol", () => Symbol(canary)],
  ["an object", () => ({ message: canary, headers: token })],
  ["an object without a prototype", () => Object.assign(Object.create(null), { message: canary })],
  ["an object that prints the token", () => ({ toString: () => canary, toJSON: () => canary })],
  ["an error without a prototype", () => Object.setPrototypeOf(new Error(canary), null)],
  ["a frozen error", () => Object.freeze(new Error(canary))],
  [
    "an error whose every property throws",
    () => withGetters("message", "stack", "name", "path", "extensions", "nodes", "toString", "constructor"),
  ],
  ["an object that throws when printed", () => ({ toJSON: throwCanary, [Symbol.toPrimitive]: throwCanary })],
  ["an object that throws whatever is done with it", () => trap],
];

/** The service on a client that responds, or throws, as the test says: nothing outside can cause a bug. */
async function startWith(client: (name: string, args: { name?: string }) => unknown) {
  const send: Client["send"] = async ({ name }, args) => ({
    result: (await client(name, args as object)) as never,
    status: 200,
    ctxId: null,
  });
  return startService({}, { client: { send } });
}

const failWith = (make: () => unknown) => startWith(() => Promise.reject(make()));

const linesOf = (logLines: readonly string[], message: string) =>
  logLines.map((line) => JSON.parse(line)).filter((line) => line.message === message);

function expectMasked(response: GraphqlResponse, logLines: readonly string[], extensions: object = masked) {
  const error = onlyError(response);
  const requestId = response.headers.get("x-request-id");
  expect(error.message).toBe("Internal server error.");
  expect(error.extensions).toEqual({ ...extensions, requestId });
  expect(response.text + JSON.stringify([...response.headers])).not.toMatch(/canary/i);
  expect(logLines.join("")).not.toMatch(/canary-t|token-7f3a/);
  expect(linesOf(logLines, "internal error")).toMatchObject([
    {
      "log.level": "error",
      "http.request.id": requestId,
      "error.type": expect.any(String),
      "error.message": expect.any(String),
    },
  ]);
  expect(linesOf(logLines, "graphql request")).toMatchObject([
    { "log.level": "error", "http.request.id": requestId, "error.code": "INTERNAL_SERVER_ERROR" },
  ]);
}

describe("a bug is masked, and logged once without the token, if what is thrown is", () => {
  test.each(thrown)("%s", async (_case, make) => {
    const { url, logLines } = await failWith(make);

    const response = await create(url, minimalInput, token);

    expectMasked(response, logLines);
    expect([200, 500]).toContain(response.status);
  });
});

test("a bug in a resolver returns 200, like everything that was executed, whatever status it claims", async () => {
  for (const make of [() => new Error(), () => withAll({ extensions: { http: { status: 418 } } }), () => undefined]) {
    const { url } = await failWith(make);

    expect((await create(url, minimalInput, token)).status).toBe(200);
  }
});

test("a bug's log line has its type, its message, and a stack trace with locations in src/*.ts", async () => {
  const { url, logLines } = await startWith((_name, args) => (args as { missing: { field: never } }).missing.field);

  await create(url, minimalInput, token);

  expect(linesOf(logLines, "internal error")).toEqual([
    {
      "@timestamp": expect.any(String),
      "ecs.version": expect.any(String),
      "event.dataset": "contactswing-bff",
      "log.level": "error",
      "service.name": "contactswing-bff",
      "service.version": "0.0.0-test",
      "http.request.id": expect.any(String),
      "error.type": "TypeError",
      "error.message": "Cannot read properties of undefined (reading 'field')",
      "error.stack_trace": expect.stringMatching(
        /src\/operations\/create-data-extraction-action\/resolver\.ts:\d+:\d+/,
      ),
      message: "internal error",
    },
  ]);
});

test("one bug that fails several fields is logged once, and the action's ID is kept", async () => {
  const { url, logLines } = await startWith((name) => {
    if (name === "createDataExtractionAction") return { actionId: "a", name: "n" };
    throw new Error(canary);
  });
  const query = createMutation.replace("id name type", "id isActive webhook { name } description");

  const { body } = await send(url, { query, variables: { input: minimalInput } }, token);

  const action = { id: "a", isActive: null, webhook: null, description: null };
  expect(body.data.createDataExtractionAction.action).toEqual(action);
  expect(body.errors?.map(({ extensions }) => extensions)).toMatchObject(
    Array(3).fill({ ...masked, outcome: "CREATED" }),
  );
  expect(linesOf(logLines, "internal error")).toHaveLength(1);
});

test("a bug keeps the IDs of created actions", async () => {
  const { url } = await startWith((_operation, { name }) => {
    if (name === "bad") throw new Error(canary);
    return { actionId: "a", name };
  });
  const field = (alias: string, name: string) =>
    `${alias}: createDataExtractionAction(input: { name: "${name}", webhook: {} }) { action { id } }`;

  const { body } = await send(url, { query: `mutation { ${field("a", "good")} ${field("b", "bad")} }` }, token);

  expect(body.data).toEqual({ a: { action: { id: "a" } }, b: null });
  expect(body.errors).toMatchObject([{ path: ["b"], extensions: masked }]);
});

test("a bug in a read has no outcome", async () => {
  const { url, logLines } = await failWith(() => new Error(canary));

  const response = await read(url, "a", token);

  expectMasked(response, logLines, { code: "INTERNAL_SERVER_ERROR", retryable: false });
});
