import { describe, expect, test } from "@jest/globals";
import { buildSchema, getOperationAST, parse } from "graphql";
import { findVariableErrors } from "../../src/graphql/variable-errors.ts";

const schema = buildSchema(`
  enum Color { RED GREEN }
  input Inner { flag: Boolean! color: Color = RED }
  input Outer { name: String! inner: Inner inners: [Inner!] note: String! = "n" }
  type Query { a(outer: Outer, color: Color, ids: [ID!], id: ID!): String b(id: ID): String }
`);

function find(query: string, variables: Record<string, unknown> = {}, isExplorable = true, name?: string) {
  const document = parse(query);
  const operation = getOperationAST(document, name);
  if (!operation) throw new Error("no operation");
  return findVariableErrors(schema, document, operation, variables, isExplorable);
}

const outer = (value: unknown, isExplorable?: boolean) =>
  find("query ($o: Outer!) { a(outer: $o, id: 1) }", { o: value }, isExplorable);
const problem = (path: string[], message: string) => ({ path, message, rule: "type" });

describe("a value", () => {
  test.each([
    [{ name: "n" }],
    [{ name: "n", inner: { flag: true, color: "GREEN" } }],
    [{ name: "n", inner: null, inners: [{ flag: false }] }],
    [{ name: "n", inners: { flag: false } }],
    [{ name: "n", note: undefined }],
  ])("of the right type has no problem: %j", (value) => {
    expect(outer(value)).toEqual([]);
  });

  test.each<[unknown, ...[string[], string][]]>([
    [undefined, [["outer"], "Is required and must be of type Outer."]],
    [null, [["outer"], "Is required and must be of type Outer."]],
    ["text", [["outer"], "Must be an object of type Outer."]],
    [7, [["outer"], "Must be an object of type Outer."]],
    [[{ name: "n" }], [["outer"], "Must be an object of type Outer."]],
    [{}, [["outer", "name"], "Is required and must be of type String."]],
    [{ name: 7 }, [["outer", "name"], "Must be of type String."]],
    [{ name: "n", note: null }, [["outer", "note"], "Is required and must be of type String."]],
    [{ name: "n", inner: {} }, [["outer", "inner", "flag"], "Is required and must be of type Boolean."]],
    [{ name: "n", inners: 7 }, [["outer", "inners"], "Must be an object of type Inner."]],
    [{ name: "n", inner: [] }, [["outer", "inner"], "Must be an object of type Inner."]],
    [{ name: "n", inner: { flag: true, color: "BLUE" } }, [["outer", "inner", "color"], "Must be one of RED, GREEN."]],
    [
      { name: "n", inners: [{ flag: true }, null, { flag: 1 }] },
      [["outer", "inners"], "Is required and must be of type Inner."],
      [["outer", "inners", "flag"], "Must be of type Boolean."],
    ],
    [
      { toString: 1, other: 2 },
      [["outer", "name"], "Is required and must be of type String."],
      [["outer"], "Contains a field that Outer does not have. Its fields are name, inner, inners, note."],
      [["outer"], "Contains a field that Outer does not have. Its fields are name, inner, inners, note."],
    ],
  ])("of another type has one problem per position: %j", (value, ...problems) => {
    expect(outer(value)).toEqual(problems.map(([path, message]) => problem(path, message)));
  });

  test("of another type is described without names of the schema that the caller may not explore", () => {
    expect(outer({ name: "n", inner: { flag: true, color: "BLUE" }, x: 1 }, false)).toEqual([
      problem(["outer", "inner", "color"], "Must be of type Color."),
      problem(["outer"], "Contains a field that Outer does not have."),
    ]);
  });

  test("has at most a hundred problems", () => {
    const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, 1]));

    expect(outer({ name: "n", ...fields(100) })).toHaveLength(100);
    expect(outer({ name: "n", ...fields(101) })).toHaveLength(100);
  });
});

describe("a variable", () => {
  test.each([
    ["is optional", "query ($v: ID) { b(id: $v) }"],
    ["has a default", 'query ($v: ID! = "d") { b(id: $v) }'],
    ["is of an output type, which validation rejects", "query ($v: Query) { b(id: $v) }"],
    ["is of an unknown type, which validation rejects", "query ($v: Nothing!) { b(id: $v) }"],
  ])("may be absent if it %s", (_case, query) => {
    expect(find(query)).toEqual([]);
  });

  test("of a non-null type with a default may not be null", () => {
    expect(find('query ($v: ID! = "d") { b(id: $v) }', { v: null })).toEqual([
      problem(["id"], "Is required and must be of type ID."),
    ]);
  });

  test.each<[string, string, string[], string]>([
    ["an argument", 'query ($v: ID = "d") { a(id: $v) }', ["id"], "ID"],
    [
      "a field with a default",
      'query ($v: String) { a(id: 1, outer: { name: "n", note: $v }) }',
      ["outer", "note"],
      "String",
    ],
    ["an item of a list", 'query ($v: ID = "d") { a(id: 1, ids: [$v]) }', ["ids"], "ID"],
    ["a later position", 'query ($v: ID = "d") { b(id: $v) a(ids: [], id: $v) }', ["id"], "ID"],
    ["a directive", "query ($v: Boolean = true) { b @skip(if: $v) }", [], "Boolean"],
    [
      "a fragment's directive",
      "query ($v: Boolean = true) { ...F } fragment F on Query { b @include(if: $v) }",
      [],
      "Boolean",
    ],
  ])("may not be null where %s is non-null", (_case, query, path, type) => {
    expect(find(query, { v: null })).toEqual([problem(path, `Is required and must be of type ${type}.`)]);
    expect(find(query, {})).toEqual([]);
  });

  test("may not have the default null there either", () => {
    const query = (value: string) => `query ($v: String = ${value}) { a(id: 1, outer: { name: "n", note: $v }) }`;

    expect(find(query("null"))).toEqual([problem(["outer", "note"], "Is required and must be of type String.")]);
    expect(find(query("null"), { v: "given" })).toEqual([]);
    expect(find(query('"n"'))).toEqual([]);
  });

  test("is not inherited from an object's prototype", () => {
    expect(find("query ($constructor: ID!) { b(id: $constructor) }")).toEqual([
      problem(["id"], "Is required and must be of type ID."),
    ]);
  });

  const pathOf = (query: string, name?: string) => find(query, {}, true, name).map(({ path }) => path);

  test.each([
    ["an argument", "query ($v: ID!) { b(id: $v) }", ["id"]],
    [
      "a field of an input",
      "query ($v: Boolean!) { a(id: 1, outer: { inner: { flag: $v } }) }",
      ["outer", "inner", "flag"],
    ],
    ["an item of a list", "query ($v: ID!) { a(id: 1, ids: [1, $v]) }", ["ids"]],
    ["several positions, of which the first counts", "query ($v: ID!) { b(id: $v) a(id: 1, ids: [$v]) }", ["id"]],
    ["a fragment", "query ($v: ID!) { ...F } fragment F on Query { b(id: $v) }", ["id"]],
    [
      "an argument after a directive",
      'query ($v: Boolean!) { b @skip(if: $v) a(id: 1, outer: { name: "n", inner: { flag: $v } }) }',
      ["outer", "inner", "flag"],
    ],
    ["a directive, which is not part of the input", "query ($v: Boolean!) { b @skip(if: $v) }", []],
    ["nothing", "query ($v: Boolean!) { b }", []],
  ])("has the path of its use in %s", (_case, query, path) => {
    expect(pathOf(query)).toEqual([path]);
  });

  test("has the path of its use in the executed operation", () => {
    const query = "query A($v: ID!) { b(id: $v) } query B($v: ID!) { a(id: 1, ids: [$v]) }";

    expect([pathOf(query, "A"), pathOf(query, "B")]).toEqual([[["id"]], [["ids"]]]);
  });
});
