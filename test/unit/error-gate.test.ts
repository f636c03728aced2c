import { expect, test } from "@jest/globals";
import { maskUnknownError } from "../../src/graphql/error-gate.ts";
import { authorized, onlyError, send } from "../helpers/graphql.ts";
import { startService } from "../helpers/service.ts";

// How the gate treats whatever is thrown is in bugs.test.ts.

test.each([
  ["mutation { a }", undefined, "NOT_CREATED"],
  ["query A { __typename } mutation B { a }", "B", "NOT_CREATED"],
  ["query A { a } mutation B { __typename }", "A", undefined],
  ["query A { a } mutation B { __typename }", undefined, undefined],
])("a rejected document %j with the operation %j has the outcome %j", async (query, operationName, outcome) => {
  const { url } = await startService({});

  const response = await send(url, { query, operationName }, { ...authorized, "x-request-id": "r" });

  expect(onlyError(response).extensions).toEqual({
    code: "GRAPHQL_VALIDATION_FAILED",
    requestId: "r",
    ...(outcome === undefined ? {} : { outcome, retryable: false }),
  });
});

test.each([
  [{ code: "BAD_REQUEST", stacktrace: ["canary"] }, "text", { code: "BAD_REQUEST" }],
  [
    { code: "INTERNAL_SERVER_ERROR", canary: 1 },
    "Internal server error.",
    { code: "INTERNAL_SERVER_ERROR", outcome: "UNKNOWN", retryable: false },
  ],
])("an error outside of operations with %j has the message %j", (extensions, message, shown) => {
  expect(maskUnknownError({ message: "text", extensions })).toEqual({ message, extensions: shown });
});
