import { describe, expect, test } from "@jest/globals";
import { GraphQLError, parse, validate } from "graphql";
import { describeProtocolError, readProtocolCode } from "../../src/graphql/protocol-errors.ts";
import { schema } from "../helpers/schema.ts";

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

describe("describes without the caller's words", () => {
  test.each([
    ["{ a(b: }", 'Syntax Error: Unexpected "}".'],
    ['{ a(b: "x" "y") }', "Syntax Error: Expected Name, found String."],
    ["{ a(b canary) }", 'Syntax Error: Expected ":", found Name.'],
    ['{ a(b: 1.") }', "Syntax Error: Invalid number, expected digit but got: …."],
    ["{ a(b: 'canary') }", expect.stringMatching(/^Syntax Error: Unexpected single quote character \('\)/)],
    ["{ a(b c) }", 'Syntax Error: Expected ":", found Name.'],
    ["{ a(1) }", "Syntax Error: Expected Name, found Int."],
    ["query x y", 'Syntax Error: Expected "{", found Name.'],
    ["y", "Syntax Error: Unexpected Name."],
    ['{ a(b: "x', "Syntax Error: Unterminated string."],
    ['{ a(b: "\\q") }', "Syntax Error: Invalid character escape sequence: …."],
    ['{ a(b: "\\u{xyz}") }', "Syntax Error: Invalid Unicode escape sequence: …."],
    ['{ a(b: "\\uxyza") }', "Syntax Error: Invalid Unicode escape sequence: …."],
    ["{ a(b: 1x) }", "Syntax Error: Invalid number, expected digit but got: …."],
    ["{ a(b: 01) }", "Syntax Error: Invalid number, unexpected digit after 0: …."],
    ["{ a(b: ?) }", "Syntax Error: Unexpected character: …."],
    ["{", "Syntax Error: Expected Name, found <EOF>."],
  ])("the syntax error of %s", (query, message) => {
    expect(messagesFor(query)).toEqual([message]);
  });

  test.each([
    [create("7"), ["String cannot represent a non string value: …"]],
    [create("[x]"), ["String cannot represent a non string value: …"]],
    [create('"n"', "{ mandatory: 1 }"), ["Boolean cannot represent a non boolean value: …"]],
    [create('"n"', '{ type: "yes/no" }'), ['Enum "DataExtractionResponseType" cannot represent non-enum value: …']],
    [create('"n"', "{ type: YES }"), ['Value "…" does not exist in "DataExtractionResponseType" enum.']],
    [create('"n"', "7"), ['Expected value of type "DataExtractionWebhookInput!", found ….']],
    [create('"n"', "null"), ['Expected value of type "DataExtractionWebhookInput!", found ….']],
    ["{ dataExtractionAction(id: 1.5) { id } }", ["ID cannot represent a non-string and non-integer value: …"]],
    [
      "mutation { createDataExtractionAction(input: { webhook: {} }) { ctxId } }",
      ['Field "CreateDataExtractionActionInput.name" of required type "String!" was not provided.'],
    ],
    [
      create('"n"', "{ syncfield: 1 }"),
      [
        expect.stringMatching(
          /^Field "syncfield" is not defined by type "DataExtractionWebhookInput"\. Did you mean "syncField"/,
        ),
      ],
    ],
    ["query ($x: ID) { __typename }", ['Variable "$…" is never used.']],
    ["{ nope }", ['Cannot query field "nope" on type "Query".']],
  ])("the invalid document %s", (query, messages) => {
    expect(messagesFor(query)).toEqual(messages);
  });
});

test.each([
  ['Unknown operation named "canary".', 'Unknown operation named "…".'],
  ['Unknown operation named "can"ary\n".', 'Unknown operation named "…".'],
  ["Variables $canary_1 and $b are odd.", "Variables $… and $… are odd."],
  ["It costs $5.", "It costs $5."],
])("describes %j as %j", (message, expected) => {
  expect(describeProtocolError(new GraphQLError(message))).toBe(expected);
});

describe("the code of an error that was raised before anything was executed", () => {
  const codeOf = (extensions: object, path?: string[]) =>
    readProtocolCode(
      new GraphQLError("m", { extensions: extensions as never, ...(path === undefined ? {} : { path }) }),
    );

  test.each([
    [{ code: "GRAPHQL_PARSE_FAILED" }, "GRAPHQL_PARSE_FAILED"],
    [{ code: "GRAPHQL_PARSE_FAILED", http: { status: 500 } }, "GRAPHQL_PARSE_FAILED"],
    [{ code: "INTERNAL_SERVER_ERROR", http: { status: 400 } }, undefined],
    [{ code: "constructor" }, undefined],
    [{ code: 7 }, undefined],
    [{}, undefined],
    [{ http: { status: 399 } }, undefined],
    [{ http: { status: 400 } }, "BAD_REQUEST"],
    [{ http: { status: 499 } }, "BAD_REQUEST"],
    [{ http: { status: 500 } }, undefined],
    [{ http: {} }, undefined],
    [{ http: null }, undefined],
    [{ http: "400" }, undefined],
  ])("with %j is %s, and undefined if it was raised during execution", (extensions, code) => {
    expect(codeOf(extensions)).toBe(code);
    expect(codeOf(extensions, ["field"])).toBeUndefined();
  });

  test("is undefined without extensions", () => {
    expect(readProtocolCode({ message: "m" } as GraphQLError)).toBeUndefined();
  });
});
