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
  "",
  "Bearer",
  "Bearer ",
  "Bearerabc",
  "Bearer\tabc",
  "xBearer abc",
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

test("is printed as what it is, and says nothing more", () => {
  const token = BearerToken.parse("Bearer canary");
  const opaque = "[bearer token]";

  expect([String(token), `${token}`, JSON.stringify(token), inspect(token), inspect({ token })]).toEqual([
    opaque,
    opaque,
    `"${opaque}"`,
    opaque,
    `{ token: ${opaque} }`,
  ]);
});
