import { expect, test } from "@jest/globals";
import { GraphQLError } from "graphql";
import type { Client } from "../src/contactswing/client.ts";
import { create, type GraphqlResponse, minimalInput, onlyError, read, send } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";

const canary = "canary-token-7f3a";
const token = { authorization: `Bearer ${canary}` };
const masked = { code: "INTERNAL_SERVER_ERROR", outcome: "UNKNOWN", retryable: false };

function throwCanary(): never {
  throw new Error(canary);
}

const operations = ["get", "has", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor", "apply"];
/** An object that throws, and quotes the token, whatever is done with it. */
const trap = new Proxy(class {}, Object.fromEntries(operations.map((name) => [name, throwCanary])));

const http = { status: 418, headers: new Map([["x-canary", "1"]]) };
const withAll = (properties: object) => Object.assign(new Error(canary), properties);

/** The service on a client that responds, or throws, as the test says: nothing outside can cause a bug. */
async function startWith(client: (name: string, args: { input?: { name: string } }) => unknown) {
  const send: Client["send"] = async ({ name }, args) => {
    const result = await client(name, args as object);
    return { result: result as never, status: 200, ctxId: null };
  };
  const { url, lines, logLines } = await startService({}, { client: { send } });
  return { url, logLines, linesOf: (message: string) => lines().filter((line) => line.message === message) };
}

const failWith = (make: () => unknown) => startWith(() => Promise.reject(make()));

function expectMasked(
  response: GraphqlResponse,
  { logLines, linesOf }: Awaited<ReturnType<typeof startWith>>,
  extensions: object = masked,
) {
  const error = onlyError(response);
  const requestId = response.headers.get("x-request-id");
  // Like everything that was executed, whatever status the error claims.
  expect(response.status).toBe(200);
  expect(error.message).toBe("Internal server error.");
  expect(error.extensions).toEqual({ ...extensions, requestId });
  expect(response.text + JSON.stringify([...response.headers])).not.toMatch(/canary/i);
  expect(logLines.join("")).not.toMatch(/canary-t|token-7f3a/);
  const logged = { "log.level": "error", "http.request.id": requestId };
  const described = { "error.type": expect.any(String), "error.message": expect.any(String) };
  expect(linesOf("internal error")).toMatchObject([{ ...logged, ...described }]);
  expect(linesOf("graphql request")).toMatchObject([{ ...logged, "error.code": "INTERNAL_SERVER_ERROR" }]);
}

test.each<[string, () => unknown]>([
  ["an error that quotes a part of the token", () => new Error(`Unexpected token in "${canary.slice(3, 14)}..."`)],
  ["an error with a cause", () => new Error("no", { cause: new Error(canary) })],
  ["an error that holds the request", () => withAll({ options: { headers: token }, request: token })],
  ["an aggregate", () => new AggregateError([new Error(canary)], canary)],
  ["an error whose constructor is not one", () => withAll({ constructor: canary })],
  ["an error with a made-up stack", () => withAll({ stack: `Error: x\n    at f (/src/${canary}.ts:1:1)` })],
  ["an error whose message looks like a stack", () => new Error(`x\n    at f (/src/${canary}.ts:1:1)`)],
  ["an error whose message is an object", () => withAll({ message: { canary } })],
  ["an error with a code of ours", () => withAll({ code: "RATE_LIMITED", extensions: { code: "RATE_LIMITED" } })],
  ["an error with a status and headers", () => withAll({ statusCode: 404, extensions: { http } })],
  ["an error with a path", () => withAll({ path: [canary], extensions: { code: "GRAPHQL_VALIDATION_FAILED" } })],
  ["a GraphQL error", () => new GraphQLError(canary, { extensions: { code: "BAD_USER_INPUT" } })],
  ["an error that looks like a failure", () => withAll({ failure: { kind: "conflict", message: canary } })],
  ["a string", () => canary],
  ["undefined", () => undefined],
  ["an object that prints the token", () => ({ toString: () => canary, toJSON: () => canary })],
  ["an error without a prototype", () => Object.setPrototypeOf(new Error(canary), null)],
  ["an object that throws whatever is done with it", () => trap],
])("a bug is masked, and logged once without the token, if it is %s", async (_case, make) => {
  const started = await failWith(make);

  expectMasked(await create(started.url, minimalInput, token), started);
});

test("a bug in a read has no outcome", async () => {
  const started = await failWith(() => new Error(canary));

  expectMasked(await read(started.url, "a", token), started, { code: "INTERNAL_SERVER_ERROR", retryable: false });
});

test("bugs keep the IDs of created actions, and one bug that fails several fields is logged once", async () => {
  const bug = new Error(canary);
  const { url, linesOf } = await startWith((operation, { input }) => {
    if (operation !== "createDataExtractionAction" || input?.name === "bad") throw bug;
    return { id: "a" };
  });
  const query = `mutation ($input: CreateDataExtractionActionInput!) {
    a: createDataExtractionAction(input: $input) { action { id isActive webhook { name } } }
    b: createDataExtractionAction(input: { name: "bad", webhook: {} }) { action { id } }
  }`;

  const { body } = await send(url, { query, variables: { input: minimalInput } }, token);

  expect(body.data).toEqual({ a: { action: { id: "a", isActive: null, webhook: null } }, b: null });
  expect(body.errors?.map(({ path, extensions }) => [path?.at(-1), extensions.outcome]).sort()).toEqual([
    ["b", "UNKNOWN"],
    ["isActive", "CREATED"],
    ["webhook", "CREATED"],
  ]);
  expect(linesOf("internal error")).toHaveLength(1);
});
