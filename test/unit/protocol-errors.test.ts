import { expect, test } from "@jest/globals";
import { GraphQLError, parse, validate } from "graphql";
import { describeProtocolError, readProtocolCode } from "../../src/graphql/protocol-errors.ts";
import { createSubgraphSchema } from "../../src/graphql/schema.ts";

const { schema } = createSubgraphSchema();

function messagesFor(query: string): string[] {
  try {
    return validate(schema, parse(query)).map(describeProtocolError);
  } catch (error) {
    if (error instanceof GraphQLError) return [describeProtocolError(error)];
    throw error;
  }
}

const create = (name: string, webhook = "{}") =>
  `mutation { createDataExtractionAction(input: { name: ${name}, webhook: ${webhook} }) { ctxId } }`;

test.each([
  ["{ a(b: }", 'Syntax Error: Unexpected "}".'],
  ["{ a(b canary) }", 'Syntax Error: Expected ":", found Name.'],
  ['{ a("canary") }', "Syntax Error: Expected Name, found String."],
  ["{", "Syntax Error: Expected Name, found <EOF>."],
  ['{ a(b: 1.") }', "Syntax Error: Invalid number, expected digit but got: …."],
  ["{ a(b: 1x) }", "Syntax Error: Invalid number, expected digit but got: …."],
  ['{ a(b: "x', "Syntax Error: Unterminated string."],
  ['{ a(b: "\\q") }', "Syntax Error: Invalid character escape sequence: …."],
  ["{ a(b: ?) }", "Syntax Error: Unexpected character: …."],
  [create("[x]"), "String cannot represent a non string value: …"],
  [create('"n"', "{ mandatory: 1 }"), "Boolean cannot represent a non boolean value: …"],
  [create('"n"', '{ type: "yes/no" }'), 'Enum "DataExtractionResponseType" cannot represent non-enum value: …'],
  [create('"n"', "{ type: YES }"), 'Value "…" does not exist in "DataExtractionResponseType" enum.'],
  [create('"n"', "7"), 'Expected value of type "DataExtractionWebhookInput!", found ….'],
  ["{ dataExtractionAction(id: 1.5) { id } }", "ID cannot represent a non-string and non-integer value: …"],
  ["query ($x: ID) { __typename }", 'Variable "$…" is never used.'],
  // Names of the schema stay.
  ["{ nope }", 'Cannot query field "nope" on type "Query".'],
])("describes what is wrong with %s without the caller's values", (query, message) => {
  expect(messagesFor(query)).toEqual([message]);
});

test.each([
  ['Unknown operation named "can"ary\n".', 'Unknown operation named "…".'],
  ["Variables $canary_1 and $b are odd.", "Variables $… and $… are odd."],
  ["It costs $5.", "It costs $5."],
])("describes %j as %j", (message, expected) => {
  expect(describeProtocolError(new GraphQLError(message))).toBe(expected);
});

test.each([
  [{ code: "GRAPHQL_PARSE_FAILED", http: { status: 500 } }, "GRAPHQL_PARSE_FAILED"],
  [{ code: "INTERNAL_SERVER_ERROR", http: { status: 400 } }, undefined],
  [{ code: "constructor" }, undefined],
  [{ http: { status: 399 } }, undefined],
  [{ http: { status: 400 } }, "BAD_REQUEST"],
  [{ http: { status: 500 } }, undefined],
  [{ http: null }, undefined],
])("the code of an error with %j is %s, and undefined if it was raised during execution", (extensions, code) => {
  const given = { extensions: extensions as never };

  expect(readProtocolCode(new GraphQLError("m", given))).toBe(code);
  expect(readProtocolCode(new GraphQLError("m", { ...given, path: ["field"] }))).toBeUndefined();
});
