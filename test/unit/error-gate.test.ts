import { describe, expect, test } from "@jest/globals";
import { GraphQLError, type GraphQLFormattedError, getOperationAST, parse } from "graphql";
import { CallFailure } from "../../src/failures/failure.ts";
import { createErrorGate, maskUnknownError } from "../../src/graphql/error-gate.ts";
import { OperationLimitError } from "../../src/graphql/operation-limits.ts";
import { schema } from "../helpers/schema.ts";

function fail(): never {
  throw new Error("canary");
}
const masked = { message: "Internal server error.", extensions: { code: "INTERNAL_SERVER_ERROR", requestId: "r" } };
const conflict = new GraphQLError("canary", { path: ["a"], originalError: new CallFailure({ kind: "conflict" }) });

/** Puts errors through the gate as Apollo Server does, which itself lets no such error come this far. */
async function passGate(errors: readonly unknown[] | undefined, given: object = {}, isExplorable = true) {
  const reported: unknown[] = [];
  const gate = createErrorGate((error, requestId) => reported.push([requestId, error]), isExplorable);
  const listener = await gate.requestDidStart?.({} as never);
  const record: { errorCodes?: readonly string[] } = {};
  const headers = new Map([["x-canary", "1"]]);
  const request = {
    errors,
    contextValue: { requestId: "r", record },
    request: {},
    response: {
      http: { status: 418, headers },
      body: { kind: "single", singleResult: { data: null as unknown, errors: [] as unknown[] } },
    },
    ...given,
  };
  await listener?.willSendResponse?.(request as never);
  const { data, errors: answered } = request.response.body.singleResult as {
    data: unknown;
    errors: GraphQLFormattedError[];
  };
  const { status } = request.response.http;
  return { answered, data, status, headers: [...headers.keys()], reported, codes: record.errorCodes };
}

/** What Apollo Server knows of a request with this document, whose operation it has chosen. */
function requestFor(query: string, given: { operationName?: string; variables?: object } = {}) {
  const document = parse(query);
  const operation = getOperationAST(document, given.operationName);
  return { schema, document, operation, source: query, request: given };
}

/** An answer of which nothing was executed. */
const notExecuted = (headers = new Map<string, string>()) => ({
  response: { http: { status: 400, headers }, body: { kind: "single", singleResult: {} } },
});
const ofApollo = (code: string, options: object = {}) => new GraphQLError("m", { extensions: { code }, ...options });
const whole = "mutation ($i: CreateDataExtractionActionInput!) { createDataExtractionAction(input: $i) { ctxId } }";

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

test("leaves an answer without errors, and one in parts, as it is", async () => {
  const parts = {
    response: { http: { status: 418, headers: new Map() }, body: { kind: "incremental", singleResult: {} } },
  };

  expect(await passGate(undefined)).toEqual({
    answered: [],
    data: null,
    status: 418,
    headers: ["x-canary"],
    reported: [],
    codes: undefined,
  });
  expect(await passGate([conflict], parts)).toMatchObject({ status: 418, codes: undefined });
});

test("answers 200 without an error's headers to what was executed, and keeps its data", async () => {
  expect(await passGate([conflict])).toMatchObject({ data: null, status: 200, headers: [], codes: ["CONFLICT"] });
});

test("keeps the status and the headers of what was not executed", async () => {
  const headers = new Map([["allow", "POST"]]);

  const { status } = await passGate([ofApollo("BAD_REQUEST")], notExecuted(headers));

  expect(status).toBe(400);
  expect([...headers.keys()]).toEqual(["allow"]);
});

test.each([
  ["PERSISTED_QUERY_NOT_FOUND", 404],
  ["PERSISTED_QUERY_NOT_SUPPORTED", 400],
])("answers %s with %i", async (code, status) => {
  expect(await passGate([ofApollo(code)], notExecuted())).toMatchObject({ status, codes: [code], reported: [] });
});

test("reports one bug once, and two bugs twice", async () => {
  const [one, other] = [new Error("one"), new Error("other")];
  const errors = [one, one, other].map(
    (originalError, index) => new GraphQLError("m", { path: [index], originalError }),
  );

  const { answered, reported } = await passGate(errors);

  expect(reported).toEqual([
    ["r", one],
    ["r", other],
  ]);
  expect(answered.map(({ path }) => path)).toEqual([[0], [1], [2]]);
});

test("believes the path of graphql-js' own errors alone", async () => {
  const error = new GraphQLError("canary", { path: ["a"] });
  const foreign = Object.assign(new Error("canary"), { path: ["canary"], extensions: {} });

  const { answered, reported } = await passGate([error, foreign]);

  const bug = { ...masked, extensions: { ...masked.extensions, retryable: false } };
  expect(answered).toEqual([{ ...bug, path: ["a"] }, bug]);
  expect(reported).toEqual([
    ["r", error],
    ["r", foreign],
  ]);
});

test.each([
  ["a write", requestFor("mutation A { __typename } query B { __typename }", { operationName: "A" }), "NOT_CREATED"],
  ["a read", requestFor("mutation A { __typename } query B { __typename }", { operationName: "B" }), undefined],
  ["a write that Apollo Server has not chosen", { document: parse("mutation { a }"), request: {} }, "NOT_CREATED"],
  [
    "a write by its name",
    { document: parse("query A { a } mutation B { a }"), request: { operationName: "B" } },
    "NOT_CREATED",
  ],
  ["one of several without a name", { document: parse("query A { a } mutation B { a }"), request: {} }, undefined],
  ["no document", {}, undefined],
])("tells the outcome of %s", async (_case, request, outcome) => {
  const { answered } = await passGate([ofApollo("BAD_REQUEST")], { ...notExecuted(), ...request });

  expect(answered[0]?.extensions).toEqual({
    code: "BAD_REQUEST",
    requestId: "r",
    ...(outcome === undefined ? {} : { outcome, retryable: false }),
  });
});

describe("an operation over its limits", () => {
  const limitError = new OperationLimitError("depth");
  const wrapped = new GraphQLError("m", {
    originalError: limitError,
    extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
  });
  const tooLong = "mutation { a ".padEnd(3000, "a ");
  const unparsed = ofApollo("GRAPHQL_PARSE_FAILED");

  test("has one error, whatever else is wrong", async () => {
    const { answered, codes } = await passGate([unparsed, wrapped, wrapped], { ...notExecuted(), source: tooLong });

    expect(answered).toEqual([
      { message: limitError.message, extensions: { code: "OPERATION_LIMIT_EXCEEDED", requestId: "r" } },
    ]);
    expect(codes).toEqual(["OPERATION_LIMIT_EXCEEDED"]);
  });

  test("is one that cannot be parsed for its length, and its outcome is told", async () => {
    const { answered } = await passGate([unparsed], { ...notExecuted(), source: tooLong });

    expect(answered).toEqual([
      {
        message: "The operation has more than 1000 tokens.",
        extensions: { code: "OPERATION_LIMIT_EXCEEDED", requestId: "r", outcome: "NOT_CREATED", retryable: false },
      },
    ]);
  });

  test.each([
    ["that is short", [unparsed], { source: "{ a" }],
    ["that was parsed", [ofApollo("GRAPHQL_VALIDATION_FAILED"), unparsed], { source: tooLong }],
    ["that is not there", [unparsed], {}],
  ])("is none with a document %s", async (_case, errors, given) => {
    const { codes } = await passGate(errors, { ...notExecuted(), ...given });

    expect(codes).toEqual(errors.map(({ extensions }) => extensions.code));
  });

  test("was not executed: an error of the execution that claims to be one is a bug", async () => {
    const claiming = new GraphQLError("m", { path: ["a"], originalError: limitError });

    expect((await passGate([claiming], { source: tooLong })).codes).toEqual(["INTERNAL_SERVER_ERROR"]);
    expect((await passGate([wrapped, claiming], { source: tooLong })).codes?.length).toBe(2);
  });
});

describe("a variable that graphql-js refuses", () => {
  const refusal = ofApollo("BAD_USER_INPUT");
  const refused = { ...notExecuted(), ...requestFor(whole, { variables: { i: { name: 7, webhook: {}, type: "X" } } }) };
  const problem = (field: string, message: string) => ({ path: ["input", field], message, rule: "type" });

  test("is one error with every problem, and with names of the schema where it may be explored", async () => {
    const { answered } = await passGate([refusal, refusal], refused);

    expect(answered.map(({ extensions }) => extensions)).toEqual([
      {
        code: "BAD_USER_INPUT",
        requestId: "r",
        outcome: "NOT_CREATED",
        retryable: false,
        fieldErrors: [
          problem("name", "Must be of type String."),
          problem("type", "Must be one of SINGLEDATAEXTRACTION."),
        ],
      },
    ]);
  });

  test("is told without names of the schema where it may not be explored", async () => {
    const { answered } = await passGate([refusal], refused, false);

    expect(answered[0]?.extensions?.fieldErrors).toEqual([
      problem("name", "Must be of type String."),
      problem("type", "Must be of type DataExtractionActionType."),
    ]);
  });

  test("may be missing altogether", async () => {
    const { answered } = await passGate([refusal], { ...notExecuted(), ...requestFor(whole) });

    expect(answered[0]?.extensions?.fieldErrors).toEqual([
      { path: ["input"], message: "Required, of type CreateDataExtractionActionInput!.", rule: "type" },
    ]);
  });

  test.each([
    ["came out of the execution", ofApollo("BAD_USER_INPUT", { path: ["a"] }), refused],
    ["has no document", refusal, { ...refused, document: undefined }],
    ["has no operation", refusal, { ...refused, operation: undefined }],
  ])("is not what an error is about that %s: it is a bug", async (_case, error, given) => {
    const { answered, reported } = await passGate([error], given);

    expect(answered[0]?.extensions).not.toHaveProperty("fieldErrors");
    expect(reported).toEqual([["r", error]]);
  });

  test("is not what an error with another code is about", async () => {
    expect(await passGate([ofApollo("BAD_REQUEST")], refused)).toMatchObject({ codes: ["BAD_REQUEST"], reported: [] });
  });
});

test("passes on of an error outside of operations its message and code, and of a bug nothing", () => {
  const extensions = { code: "BAD_REQUEST", stacktrace: ["canary"] };

  expect(maskUnknownError({ message: "words", extensions })).toEqual({
    message: "words",
    extensions: { code: "BAD_REQUEST" },
  });
  expect(maskUnknownError({ message: "canary", extensions: { code: "INTERNAL_SERVER_ERROR", canary: 1 } })).toEqual({
    message: "Internal server error.",
    extensions: { code: "INTERNAL_SERVER_ERROR", outcome: "UNKNOWN", retryable: false },
  });
  expect(maskUnknownError({ message: "words" })).toEqual({ message: "words", extensions: {} });
});
