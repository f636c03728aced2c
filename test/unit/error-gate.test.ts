import { expect, test } from "@jest/globals";
import { GraphQLError, type GraphQLFormattedError, parse } from "graphql";
import { RequestFailure } from "../../src/failures/failure.ts";
import { createErrorGate, maskUnknownError } from "../../src/graphql/error-gate.ts";

// What Apollo Server lets through is tested over HTTP, in test/bugs.test.ts.

const conflict = new GraphQLError("canary", { path: ["a"], originalError: new RequestFailure({ kind: "conflict" }) });

async function passGate(errors: readonly unknown[], request: object = {}) {
  const reported: unknown[] = [];
  const gate = createErrorGate((error) => reported.push(error), true);
  const listener = await gate.requestDidStart?.({} as never);
  const response = {
    http: { status: 200, headers: new Map() },
    body: { kind: "single", singleResult: { errors: [] as GraphQLFormattedError[] } },
  };
  const contextValue = { requestId: "r", record: {}, signal: new AbortController().signal };
  await listener?.willSendResponse?.({ errors, contextValue, response, request: {}, ...request } as never);
  return { returned: response.body.singleResult.errors, reported };
}

function fail(): never {
  throw new Error("canary");
}

test.each<[string, unknown]>([
  ["undefined", undefined],
  ["an error that cannot be looked at", new Proxy({}, { get: fail })],
  ["an error whose cause throws", Object.defineProperty({ path: ["b"] }, "originalError", { get: fail })],
  ["an error whose code throws", { extensions: Object.defineProperty({}, "code", { get: fail }) }],
])("%s is a bug that is reported once, and the gate does not throw", async (_case, error) => {
  const { returned, reported } = await passGate([error, conflict]);

  expect(returned[0]).toMatchObject({
    message: "Internal server error.",
    extensions: { code: "INTERNAL_SERVER_ERROR", requestId: "r" },
  });
  expect(JSON.stringify(returned)).not.toContain("canary");
  expect(reported).toHaveLength(1);
});

test.each([
  ["mutation { a }", undefined, "NOT_CREATED"],
  ["query A { a } mutation B { a }", "B", "NOT_CREATED"],
  ["query A { a } mutation B { a }", "A", undefined],
  ["query A { a } mutation B { a }", undefined, undefined],
])("a rejected document %j with the operation %j has the outcome %j", async (query, operationName, outcome) => {
  const error = new GraphQLError("m", { extensions: { code: "BAD_REQUEST" } });

  const { returned } = await passGate([error], { document: parse(query), request: { operationName } });

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
