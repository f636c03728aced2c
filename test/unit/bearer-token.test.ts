import { inspect } from "node:util";
import { expect, test } from "@jest/globals";
import { BearerToken } from "../../src/auth/bearer-token.ts";

test.each([
  ["Bearer abc", "abc"],
  ["bEARER   abc", "abc"],
  ["Bearer A-Za-z0-9._~+/==", "A-Za-z0-9._~+/=="],
])("reads %j", (header, value) => {
  const token = BearerToken.parse(header);

  expect(token?.reveal()).toBe(value);
  expect(token?.authorizationHeader()).toBe(header);
});

test.each([
  undefined,
  "Bearer ",
  "Bearerabc",
  "Bearer\tabc",
  " Bearer abc",
  "Bearer abc ",
  "Bearer a b",
  "Bearer a=b",
  "Bearer =",
  "Bearer a,b",
  "Bearer a\n",
  "Basic abc",
])("takes %j for no token", (header) => {
  expect(BearerToken.parse(header)).toBeUndefined();
});

test("does not show itself, however it is printed", () => {
  const token = BearerToken.parse("Bearer canary");

  expect([String(token), JSON.stringify(token), inspect({ token }, { showHidden: true, depth: 9 })]).toEqual([
    "[bearer token]",
    '"[bearer token]"',
    "{ token: [bearer token] }",
  ]);
  expect(Object.keys(token ?? {})).toEqual([]);
});
