import { expect, test } from "@jest/globals";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { CallFailure } from "../../src/failures/failure.ts";
import { createErrorGate } from "../../src/graphql/error-gate.ts";

function fail(): never {
  throw new Error("canary");
}
const masked = { message: "Internal server error.", extensions: { code: "INTERNAL_SERVER_ERROR", requestId: "r" } };
const conflict = new GraphQLError("canary", { path: ["a"], originalError: new CallFailure({ kind: "conflict" }) });

/** Puts errors through the gate as Apollo Server does, which itself lets no such error come this far. */
async function passGate(errors: readonly unknown[]) {
  const reported: unknown[] = [];
  const gate = createErrorGate((error, requestId) => reported.push([requestId, error]), true);
  const listener = await gate.requestDidStart?.({} as never);
  const record: { errorCodes?: readonly string[] } = {};
  const request = {
    errors,
    contextValue: { requestId: "r", record },
    request: {},
    response: { http: { headers: new Map() }, body: { kind: "single", singleResult: { data: null, errors: [] } } },
  };
  await listener?.willSendResponse?.(request as never);
  const { errors: answered } = request.response.body.singleResult as { errors: GraphQLFormattedError[] };
  return { answered, reported, codes: record.errorCodes };
}

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["an error that cannot be looked at", new Proxy({}, { get: fail })],
  [
    "an error without extensions whose cause throws",
    {
      path: ["a"],
      extensions: {},
      get originalError() {
        return fail();
      },
    },
  ],
  [
    "an error whose code throws",
    {
      extensions: {
        get code() {
          return fail();
        },
      },
    },
  ],
])("lets %s out as a bug, reported once, and throws nothing", async (_case, error) => {
  const { answered, reported, codes } = await passGate([error]);

  expect(answered).toMatchObject([masked]);
  expect(JSON.stringify(answered)).not.toContain("canary");
  expect(reported.length).toBe(1);
  expect(codes).toEqual(["INTERNAL_SERVER_ERROR"]);
});

test("keeps the other errors beside one whose cause throws", async () => {
  const hostile = {
    path: ["b"],
    extensions: {},
    get originalError() {
      return fail();
    },
  };

  const { answered } = await passGate([hostile, conflict]);

  expect(answered).toMatchObject([masked, { path: ["a"], extensions: { code: "CONFLICT" } }]);
});

test("reports what Apollo Server could not process", async () => {
  const reported: unknown[] = [];
  const gate = createErrorGate((error, requestId) => reported.push([requestId, error]), true);
  const error = new Error("canary");

  await gate.unexpectedErrorProcessingRequest?.({
    requestContext: { contextValue: { requestId: "r" } },
    error,
  } as never);

  expect(reported).toEqual([["r", error]]);
});
