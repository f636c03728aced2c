import { expect, test } from "@jest/globals";
import { isNonEmptyString, isRecord, parseJson } from "../../src/contactswing/json.ts";

test.each([
  ['{"a":[1,null]}', { a: [1, null] }],
  ["null", null],
  ['\uFEFF{"a":1}', { a: 1 }],
  ["", undefined],
  ["{", undefined],
  ['{"a":1}\uFEFF', undefined],
  ["\uFEFF\uFEFF1", undefined],
])("reads %j", (text, value) => {
  expect(parseJson(text)).toEqual(value);
});

test.each([
  [{}, true],
  [{ a: 1 }, true],
  [null, false],
  [undefined, false],
  [[], false],
  ["text", false],
  [7, false],
])("says whether %j is an object with fields", (value, expected) => {
  expect(isRecord(value)).toBe(expected);
});

test.each([
  ["text", true],
  [" ", true],
  ["", false],
  [7, false],
  [["text"], false],
])("says whether %j is a text that holds something", (value, expected) => {
  expect(isNonEmptyString(value)).toBe(expected);
});
