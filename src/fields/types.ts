import { ValidateNested } from "class-validator";
import { ID, Int } from "type-graphql";
import { UnexpectedResponse } from "../contactswing/rest-operation.ts";
import { textRules } from "../validation/text-rules.ts";
import type { EnumDefinition } from "./define-enum.ts";
import type { DeclaringClass, FieldType } from "./field-type.ts";
import { parseObject, toRestObject } from "./rest-json.ts";

const asItIs = (value: unknown) => value;

/** Accepts the JSON values that a test accepts. */
function parseWith<Value>(expected: string, isValid: (json: unknown) => json is Value) {
  return (json: unknown, path: string): Value => {
    if (!isValid(json)) throw new UnexpectedResponse(path, expected);
    return json;
  };
}

const parseText = parseWith("string", (json) => typeof json === "string");

/** A text of a response. */
export const plainText: FieldType<string> = {
  getGraphqlType: () => String,
  json: { type: "string" },
  toJson: asItIs,
  parse: parseText,
};

/** A text of an input: not blank, without characters that nobody sees, and of at most `maxLength` code points. */
export function text(maxLength: number): FieldType<string> {
  return {
    ...plainText,
    json: { type: "string", maxLength },
    getRules: (options) => textRules(maxLength, options),
    hint: `Not blank, at most ${maxLength.toLocaleString("en")} characters.`,
  };
}

export const identifier: FieldType<string> = { ...plainText, getGraphqlType: () => ID };

export const flag: FieldType<boolean> = {
  getGraphqlType: () => Boolean,
  json: { type: "boolean" },
  toJson: asItIs,
  parse: parseWith("boolean", (json) => typeof json === "boolean"),
};

/** GraphQL's integers have 32 bits. */
export const integer: FieldType<number> = {
  getGraphqlType: () => Int,
  json: { type: "integer" },
  toJson: asItIs,
  parse: parseWith("integer of 32 bits", (json): json is number => (Number(json) | 0) === json),
};

/** A value of an enum. One that the graph does not know is read as null. */
export function choice<Name extends string>({ names, restValues, findName }: EnumDefinition<Name>): FieldType<Name> {
  return {
    getGraphqlType: () => names,
    json: { type: "string", values: Object.values(restValues) },
    restValues,
    toJson: (name) => restValues[name],
    parse: (json, path) => findName(parseText(json, path)),
  };
}

/** An object of another class with declared fields. */
export function nested<Instance extends object>(getClass: () => DeclaringClass<Instance>): FieldType<Instance> {
  return {
    getGraphqlType: getClass,
    json: { type: "object", getClass },
    getRules: (options) => [ValidateNested({ each: options?.each ?? false })],
    toJson: (value, keepsNulls) => toRestObject(getClass(), value, keepsNulls),
    parse: (json, path) => parseObject(getClass(), json, path),
  };
}

/** A list, whose items may be null. Its order and its nulls are kept. */
export function list<Item>(item: FieldType<Item>): FieldType<readonly (Item | null)[]> {
  const parseList = parseWith("array", (json): json is unknown[] => Array.isArray(json));
  return {
    getGraphqlType: () => [item.getGraphqlType()],
    json: { type: "array", items: item.json },
    getRules: () => item.getRules?.({ each: true }) ?? [],
    hasNullableItems: true,
    toJson: (values, keepsNulls) => values.map((value) => (value === null ? null : item.toJson(value, keepsNulls))),
    parse: (json, path) =>
      parseList(json, path).map((value, index) => (value === null ? null : item.parse(value, `${path}.${index}`))),
  };
}
