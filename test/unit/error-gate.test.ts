import { expect, test } from "@jest/globals";
import { GraphQLError, type GraphQLFormattedError, parse } from "graphql";
import { RequestFailure } from "../../src/failures/failure.ts";
import { createErrorGate, maskUnknownError } from "../../src/graphql/error-gate.ts";

function fail(): never {
  throw new Error("canary");
}
const masked = { message: "Internal server error.", extensions: { code: "INTERNAL_SERVER_ERROR", requestId: "r" } };
const conflict = new GraphQLError("canary", { path: ["a"], originalError: new RequestFailure({ kind: "conflict" }) });
const ofApollo = (code: string) => new GraphQLError("m", { extensions: { code } });

/** Passes errors through the gate as Apollo Server does, which itself lets no such error come this far. */
async function passGate(errors: readonly unknown[] | undefined, given: object = {}) {
  const reported: unknown[] = [];
  const gate = createErrorGate((error, { requestId }) => reported.push([requestId, error]), true);
  const listener = await gate.requestDidStart?.({} as never);
  const record: { errorCodes?: readonly string[] } = {};
  const headers = new Map([["x-canary", "1"]]);
  const request = {
    errors,
    contextValue: { requestId: "r", record, signal: new AbortController().signal },
    request: {},
    response: {
      http: { status: 418, headers },
      body: { kind: "single", singleResult: { data: null as unknown, errors: [] as unknown[] } },
    },
    ...given,
  };
  await listener?.willSendResponse?.(request as never);
  const { data, errors: returned } = request.response.body.singleResult as {
    data: unknown;
    errors: GraphQLFormattedError[];
  };
  const { status, headers: left } = request.response.http;
  return { returned, data, status, headers: [...left.keys()], reported, codes: record.errorCodes };
}

/** A response of which nothing was executed. */
const notExecuted = (headers = new Map<string, string>()) => ({
  response: { http: { status: 400, headers }, body: { kind: "single", singleResult: {} } },
});

const withGetter = (name: string) => Object.defineProperty({ path: ["b"], extensions: {} }, name, { get: fail });

test.each<[string, unknown]>([
  ["undefined", undefined],
  ["an error that cannot be looked at", new Proxy({}, { get: fail })],
  ["an error whose cause throws", withGetter("originalError")],
  ["an error whose code throws", { extensions: Object.defineProperty({}, "code", { get: fail }) }],
])("%s is a bug that is reported once, and the gate does not throw", async (_case, error) => {
  const { returned, reported, codes } = await passGate([error, conflict]);

  expect(returned).toHaveLength(codes?.length ?? 0);
  expect(returned[0]).toMatchObject(masked);
  expect(JSON.stringify(returned)).not.toContain("canary");
  expect(reported).toHaveLength(1);
});

test("a response without errors, and one in parts, stay as they are", async () => {
  const parts = {
    response: { http: { status: 418, headers: new Map() }, body: { kind: "incremental", singleResult: {} } },
  };

  expect(await passGate(undefined)).toMatchObject({
    status: 418,
    headers: ["x-canary"],
    returned: [],
    codes: undefined,
  });
  expect(await passGate([conflict], parts)).toMatchObject({ status: 418, codes: undefined });
});

test("what was executed returns 200 without an error's headers; what was not keeps its status and headers", async () => {
  const headers = new Map([["allow", "POST"]]);

  expect(await passGate([conflict])).toMatchObject({ data: null, status: 200, headers: [], codes: ["CONFLICT"] });
  expect(await passGate([ofApollo("BAD_REQUEST")], notExecuted(headers))).toMatchObject({
    status: 400,
    headers: ["allow"],
  });
});

test("one bug of several fields is reported once, and two bugs twice", async () => {
  const [one, other] = [new Error("one"), new Error("other")];
  const errors = [one, one, other].map(
    (originalError, index) => new GraphQLError("m", { path: [index], originalError }),
  );

  const { returned, reported } = await passGate(errors);

  expect(reported).toEqual([
    ["r", one],
    ["r", other],
  ]);
  expect(returned.map(({ path }) => path)).toEqual([[0], [1], [2]]);
});

test("only the path of an error of graphql-js is trusted", async () => {
  const foreign = Object.assign(new Error("canary"), { path: ["canary"], extensions: {} });

  const { returned } = await passGate([new GraphQLError("canary", { path: ["a"] }), foreign]);

  const bug = { ...masked, extensions: { ...masked.extensions, retryable: false } };
  expect(returned).toEqual([{ ...bug, path: ["a"] }, bug]);
});

test.each([
  ["mutation { a }", undefined, "NOT_CREATED"],
  ["query A { a } mutation B { a }", "B", "NOT_CREATED"],
  ["query A { a } mutation B { a }", "A", undefined],
  ["query A { a } mutation B { a }", undefined, undefined],
])("a rejected document %j with the operation %j has the outcome %j", async (query, operationName, outcome) => {
  const given = { ...notExecuted(), document: parse(query), request: { operationName } };

  const { returned } = await passGate([ofApollo("BAD_REQUEST")], given);

  expect(returned[0]?.extensions).toEqual({
    code: "BAD_REQUEST",
    requestId: "r",
    ...(outcome === undefined ? {} : { outcome, retryable: false }),
  });
});

test("an error outside of operations keeps its message and code, and a bug nothing", () => {
  const extensions = { code: "BAD_REQUEST", stacktrace: ["canary"] };

  expect(maskUnknownError({ message: "text", extensions })).toEqual({
    message: "text",
    extensions: { code: "BAD_REQUEST" },
  });
  expect(maskUnknownError({ message: "canary", extensions: { code: "INTERNAL_SERVER_ERROR", canary: 1 } })).toEqual({
    message: "Internal server error.",
    extensions: { code: "INTERNAL_SERVER_ERROR", outcome: "UNKNOWN", retryable: false },
  });
});
