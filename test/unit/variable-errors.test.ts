import { describe, expect, test } from "@jest/globals";
import { buildSchema, getOperationAST, parse } from "graphql";
import { findVariableErrors } from "../../src/graphql/variable-errors.ts";

// That exactly those variables have an error that graphql-js rejects is tested in test/variables.test.ts.

const schema = buildSchema(`
  enum Color { RED GREEN }
  input Inner { flag: Boolean! color: Color = RED }
  input Outer { name: String! inner: Inner inners: [Inner!] note: String! = "n" }
  type Query { a(outer: Outer, ids: [ID!], id: ID!): String b(id: ID): String }
`);

function find(query: string, variables: Record<string, unknown> = {}, name?: string) {
  const document = parse(query);
  const operation = getOperationAST(document, name);
  if (!operation) throw new Error("no operation");
  return findVariableErrors(schema, document, operation, variables);
}

const toPath = (names: string) => names.split(".").filter(Boolean);
const problem = (names: string, message: string) => ({ path: toPath(names), message, rule: "type" });
const required = (names: string, type: string) => problem(names, `Must be given, and be of type ${type}.`);
const unknownField = problem("outer", "Must not contain fields that Outer does not have.");

describe("a value", () => {
  const findIn = (value: unknown) => find("query ($o: Outer!) { a(outer: $o, id: 1) }", { o: value });

  test.each<[unknown, ...ReturnType<typeof problem>[]]>([
    [{ name: "n", inner: { flag: true, color: "GREEN" }, inners: { flag: false }, note: undefined }],
    [{ name: "n", inner: null, inners: [{ flag: false }] }],
    [undefined, required("outer", "Outer")],
    [null, required("outer", "Outer")],
    ["text", problem("outer", "Must be an object of type Outer.")],
    [[{ name: "n" }], problem("outer", "Must be an object of type Outer.")],
    [{}, required("outer.name", "String")],
    [{ name: 7 }, problem("outer.name", "Must be of type String.")],
    [{ name: "n", note: null }, required("outer.note", "String")],
    [{ name: "n", inners: 7 }, problem("outer.inners", "Must be an object of type Inner.")],
    [{ name: "n", inner: { flag: true, color: "BLUE" } }, problem("outer.inner.color", "Must be of type Color.")],
    [
      { name: "n", inners: [{ flag: true }, null, { flag: 1 }] },
      required("outer.inners", "Inner"),
      problem("outer.inners.flag", "Must be of type Boolean."),
    ],
    [{ toString: 1, other: 2 }, required("outer.name", "String"), unknownField, unknownField],
  ])("has one problem per position: %j", (value, ...problems) => {
    expect(findIn(value)).toEqual(problems);
  });

  test("has a limited number of problems", () => {
    const fields = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`x${index}`, 1]));

    expect(findIn({ name: "n", ...fields })).toHaveLength(20);
  });
});

describe("a variable", () => {
  test.each([
    ["is optional", "query ($v: ID) { b(id: $v) }"],
    ["has a default", 'query ($v: ID! = "d") { b(id: $v) }'],
    ["is of an unknown type, which validation rejects", "query ($v: Nothing!) { b(id: $v) }"],
  ])("may be absent if it %s", (_case, query) => {
    expect(find(query)).toEqual([]);
  });

  test.each([
    ["a variable", 'query ($v: ID! = "d") { b(id: $v) }', "id", "ID"],
    ["an argument", 'query ($v: ID = "d") { a(id: $v) }', "id", "ID"],
    ["a field", 'query ($v: String) { a(id: 1, outer: { name: "n", note: $v }) }', "outer.note", "String"],
    ["an item of a list", 'query ($v: ID = "d") { a(id: 1, ids: [$v]) }', "ids", "ID"],
    ["a later position", 'query ($v: ID = "d") { b(id: $v) a(ids: [], id: $v) }', "id", "ID"],
    ["a directive", "query ($v: Boolean = true) { b @skip(if: $v) }", "", "Boolean"],
  ])("may not be null where %s is non-null, although one of the two has a default", (_case, query, path, type) => {
    expect(find(query, { v: null })).toEqual([required(path, type)]);
    expect(find(query, {})).toEqual([]);
  });

  test("may not have the default null there either", () => {
    const query = 'query ($v: String = null) { a(id: 1, outer: { name: "n", note: $v }) }';

    expect(find(query)).toEqual([required("outer.note", "String")]);
    expect(find(query, { v: "given" })).toEqual([]);
  });

  test("is not inherited from an object's prototype", () => {
    expect(find("query ($constructor: ID!) { b(id: $constructor) }")).toEqual([required("id", "ID")]);
  });

  test.each([
    ["a list in an argument", "query ($v: ID!) { a(id: 1, ids: [1, $v]) }", "ids"],
    ["a field", "query ($v: Boolean!) { a(id: 1, outer: { inner: { flag: $v } }) }", "outer.inner.flag"],
    ["several positions, of which the first counts", "query ($v: ID!) { b(id: $v) a(id: 1, ids: [$v]) }", "id"],
    ["a fragment", "query ($v: ID!) { ...F } fragment F on Query { b(id: $v) }", "id"],
    [
      "a field after a directive",
      'query ($v: Boolean!) { b @skip(if: $v) a(id: 1, outer: { name: "n", inner: { flag: $v } }) }',
      "outer.inner.flag",
    ],
    ["a directive, which is not part of the input", "query ($v: Boolean!) { b @skip(if: $v) }", ""],
    ["nothing", "query ($v: Boolean!) { b }", ""],
  ])("has the path of its use in %s", (_case, query, path) => {
    expect(find(query)).toMatchObject([{ path: toPath(path) }]);
  });

  test.each([9_007_199_254_740_992, -9_007_199_254_740_992, 1e300])("may not be the number %d as an ID", (id) => {
    const message = "Must be sent as a string, because JSON cannot hold this number exactly.";

    expect(find("query ($v: ID!) { b(id: $v) }", { v: id })).toEqual([problem("id", message)]);
    expect(find("query ($v: ID!) { b(id: $v) }", { v: Number.MAX_SAFE_INTEGER })).toEqual([]);
  });

  test("has the path of its use in the executed operation", () => {
    const query = "query A($v: ID!) { b(id: $v) } query B($v: ID!) { a(id: 1, ids: [$v]) }";

    expect(find(query, {}, "A")).toMatchObject([{ path: ["id"] }]);
    expect(find(query, {}, "B")).toMatchObject([{ path: ["ids"] }]);
  });
});
