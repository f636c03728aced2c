import { expect, test } from "@jest/globals";
import { toPath } from "../../src/contactswing/rest-operation.ts";

test("the values of a path are encoded as one segment each", () => {
  const pathParameters = { action_id: "a&b ?", other: "ü" };

  expect(toPath("/actions/{action_id}/{other}", { pathParameters })).toBe("/actions/a%26b%20%3F/%C3%BC");
});

test.each([undefined, "", "..", "\ud800", "../x", "a/b", "a\\b", "a\u0000", "a\u0085"])(
  "a path never leads elsewhere because a value is %j",
  (value) => {
    const pathParameters: Record<string, string> = value === undefined ? {} : { action_id: value };

    expect(() => toPath("/actions/{action_id}", { pathParameters })).toThrow("action_id is not a segment of a path");
  },
);
