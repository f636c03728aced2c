import { describe, expect, test } from "@jest/globals";
import { GraphQLError, Source } from "graphql";
import type { Failure } from "../../src/failures/failure.ts";
import { describeFailure, describeProtocolError } from "../../src/graphql/public-error.ts";

const write = { requestId: "r", isMutation: true };
const read = { requestId: "r", isMutation: false };
const source = new Source("{\n  field }");
const errorAt = (path: readonly (string | number)[]) => new GraphQLError("m", { source, positions: [4], path });
const locations = [{ line: 2, column: 3 }];

test("says of a failed write what became of the action, and where it failed", () => {
  expect(describeFailure({ kind: "unreachable" }, write, errorAt(["create"]))).toStrictEqual({
    message: "ContactSwing cannot be reached.",
    locations,
    path: ["create"],
    extensions: { code: "UPSTREAM_UNAVAILABLE", requestId: "r", outcome: "NOT_CREATED", retryable: true },
  });
  expect(describeFailure({ kind: "server-error" }, write)).toStrictEqual({
    message: "ContactSwing failed while it worked on the call.",
    extensions: { code: "UPSTREAM_ERROR", requestId: "r", outcome: "UNKNOWN", retryable: false },
  });
});

test("says of a failed read whether the read may be sent again, and nothing of an outcome", () => {
  expect(describeFailure({ kind: "server-error" }, read, errorAt(["action", "description"]))).toStrictEqual({
    message: "ContactSwing failed while it worked on the call.",
    locations,
    path: ["action", "description"],
    extensions: { code: "UPSTREAM_ERROR", requestId: "r", retryable: true },
  });
});

test("says that the action exists when only its details failed, and that a second create would make another", () => {
  const restProblems = [{ location: ["body", "name"], message: "m", rule: "t" }];

  expect(
    describeFailure({ kind: "unreachable", restProblems }, write, errorAt(["create", "action", "webhook"])).extensions,
  ).toStrictEqual({
    code: "UPSTREAM_UNAVAILABLE",
    requestId: "r",
    outcome: "CREATED",
    retryable: false,
    fieldErrors: [{ path: ["id"], message: "m", rule: "t" }],
  });
  expect(describeFailure({ kind: "conflict" }, write, errorAt(["create", "action"])).extensions?.outcome).toBe(
    "CREATED",
  );
});

test("passes on what is known: ContactSwing's status and id, and when to come back", () => {
  const upstream = { status: 429, ctxId: "c" };

  expect(describeFailure({ kind: "rate-limited", upstream, retryAfterSeconds: 0 }, write).extensions).toStrictEqual({
    code: "RATE_LIMITED",
    requestId: "r",
    outcome: "NOT_CREATED",
    retryable: true,
    retryAfterSeconds: 0,
    upstream,
  });
});

describe("the message", () => {
  const problem = (name: string) => ({ path: ["input", name], message: `${name} is bad.`, rule: "r" });
  const restProblem = (name: string) => ({ location: ["body", name], message: `${name} is bad`, rule: "r" });
  const messageOf = (failure: Failure) => describeFailure(failure, write).message;

  test.each([
    [[], "The input breaks a rule."],
    [["a"], "The input breaks a rule. input.a: a is bad."],
    [["a", "b", "c"], "The input breaks a rule. input.a: a is bad. input.b: b is bad. input.c: c is bad."],
    [
      ["a", "b", "c", "d", "e"],
      "The input breaks a rule. input.a: a is bad. input.b: b is bad. input.c: c is bad. And 2 more.",
    ],
  ])("quotes the first problems of %j", (names, message) => {
    const fieldErrors = names.map(problem);
    const described = describeFailure({ kind: "input-invalid", fieldErrors }, write);

    expect(described.message).toBe(message);
    expect(described.extensions?.fieldErrors).toEqual(fieldErrors);
  });

  test("quotes ContactSwing's problems in the graph's language", () => {
    const restProblems = [restProblem("action_timing")];

    expect(messageOf({ kind: "input-rejected", restProblems })).toBe(
      "ContactSwing rejected the input. input.actionTiming: actionTiming is bad",
    );
  });

  test("is ContactSwing's text in the graph's language when there is one", () => {
    expect(messageOf({ kind: "conflict", text: "sync_field exists" })).toBe("syncField exists");
  });

  test("is at most 500 characters long", () => {
    const fieldErrors = ["a".repeat(300), "b".repeat(300)].map(problem);

    expect(messageOf({ kind: "input-invalid", fieldErrors })).toHaveLength(500);
  });
});

test("says of a refused document that it created nothing, when it was to write", () => {
  const error = new GraphQLError('Cannot query field "x".', { source, positions: [4] });
  const described = { message: 'Cannot query field "x".', locations };
  const extensions = { code: "GRAPHQL_VALIDATION_FAILED", requestId: "r" };

  expect(describeProtocolError(error, "GRAPHQL_VALIDATION_FAILED", read)).toStrictEqual({ ...described, extensions });
  expect(describeProtocolError(error, "GRAPHQL_VALIDATION_FAILED", write)).toStrictEqual({
    ...described,
    extensions: { ...extensions, outcome: "NOT_CREATED", retryable: false },
  });
});
