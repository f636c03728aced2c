import { expect, test } from "@jest/globals";
import { readBearerToken, readTraceparent } from "../../src/http/credentials.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const span = "00f067aa0ba902b7";

test.each([`00-${trace}-${span}-01`, `00-${trace}-${span}-af`, `00-${"0".repeat(31)}1-${"0".repeat(15)}1-00`])(
  "passes the trace context %s on",
  (traceparent) => {
    expect(readTraceparent({ headers: { traceparent } })).toBe(traceparent);
  },
);

test.each([
  undefined,
  "",
  `01-${trace}-${span}-01`,
  `00-${"0".repeat(32)}-${span}-01`,
  `00-${trace}-${"0".repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${span}-01`,
  `00-${trace.slice(1)}-${span}-01`,
  `00-${trace}-${span.slice(1)}-01`,
  `00-${trace}-${span}-1`,
  `00-${trace}-${span}-0g`,
  ` 00-${trace}-${span}-01`,
  `00-${trace}-${span}-01-more`,
])("leaves the trace context %j out", (traceparent) => {
  expect(readTraceparent({ headers: { ...(traceparent === undefined ? {} : { traceparent }) } })).toBeUndefined();
});

test("leaves trace contexts out when there are several", () => {
  const traceparent = [`00-${trace}-${span}-01`];

  expect(readTraceparent({ headers: { traceparent } as never })).toBeUndefined();
});

test.each([
  [["Authorization", "Bearer a"], "a"],
  [["AUTHORIZATION", "Bearer a", "X-Other", "authorization"], "a"],
  [["authorization", "Bearer a", "Authorization", "Bearer a"], undefined],
  [["X-Other", "authorization"], undefined],
])("counts the names among the headers %j, not the values", (rawHeaders, token) => {
  expect(readBearerToken({ headers: { authorization: "Bearer a" }, rawHeaders })?.reveal()).toBe(token);
});
