import fc, { type Arbitrary } from "fast-check";
import {
  type GraphQLInputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isRequiredInputField,
} from "graphql";
import { anyCount, patched, repeated } from "./generate-text.ts";
import type { ScalableText } from "./scalable-text.ts";

/** How an object's key is written: quoted in JSON, not in a document. */
export type Syntax = "json" | "graphql";

const charactersOfTexts = [
  ..."a .@/<-",
  ...["é", "😀", "\\n", "\\u0061", "\\ud83d\\ude00", "\\ud800", '\\"', "%n", "\\\\", "\\u0000", "\u200b"],
  ...["http://a.b/", "Bearer ", "eyJhbGciOiJub25lIn0.e30.", "yes/no ", "../"],
];

const texts = patched(["", "a", "Name"], charactersOfTexts, ["", "a", " "]);
const quotedTexts = texts.map((text): ScalableText => ['"', text, '"']);
const blockTexts = patched(["", "\n", "a\n"], ["\n", "  \n", " a\n", '\\"""', "\r", "\t"], ["", "a", '"']).map(
  (text): ScalableText => ['"""', text, '"""'],
);
const numbers = fc.oneof(
  fc.constantFrom("0", "1", "100", "-1", "1e999", "9007199254740993", "1.5"),
  fc.tuple(fc.constantFrom("1", "-1.", "1e"), repeated(fc.constantFrom("0", "9", "12"))),
);
const words = fc.constantFrom("null", "null", "null", "true", "[]", "{}");
const keys = fc.constantFrom(
  "k",
  "k%n",
  "k%n",
  "k%n",
  "__proto__",
  "constructor",
  "name",
  "id",
  "toString",
  "k".repeat(100),
);

/** Any value, whatever its type should be. */
function anyValue(syntax: Syntax): Arbitrary<ScalableText> {
  const simple = fc.oneof(words, numbers, quotedTexts);
  const members = fc.tuple(keys, fc.oneof(words, simple)).map(([key, value]) => member(key, value, syntax));
  return fc.oneof(
    simple,
    fc.tuple(fc.constant("["), repeated(fc.oneof(words, simple), anyCount, ","), fc.constant("]")),
    fc.tuple(fc.constant("{"), repeated(members, anyCount, ","), fc.constant("}")),
    fc.record({ open: fc.constant("["), inner: words, close: fc.constant("]"), count: anyCount }),
    fc.record({
      open: fc.constant(syntax === "json" ? '{"a":' : "{a:"),
      inner: words,
      close: fc.constant("}"),
      count: anyCount,
    }),
    fc.tuple(members, members, members).map((list): ScalableText => ["{", ...separate(list), "}"]),
  );
}

/** A value for a type; unless `isValid`, now and then one that does not fit, there or within it. */
export function generateValue(type: GraphQLInputType, syntax: Syntax, isValid: boolean): Arbitrary<ScalableText> {
  if (isValid) return valueOfType(type, syntax, isValid);
  return fc.oneof(
    { weight: 2, arbitrary: valueOfType(type, syntax, isValid) },
    { weight: 1, arbitrary: anyValue(syntax) },
  );
}

function valueOfType(givenType: GraphQLInputType, syntax: Syntax, isValid: boolean): Arbitrary<ScalableText> {
  const type = getNullableType(givenType);
  if (isListType(type)) {
    const items = repeated(generateValue(type.ofType, syntax, isValid), anyCount, ",");
    return items.map((list): ScalableText => ["[", list, "]"]);
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).map((field) => {
      const given = generateValue(field.type, syntax, isValid).map((value) => member(field.name, value, syntax));
      return isRequiredInputField(field) ? given.map((text) => [text]) : fc.oneof(fc.constant([]), given.map(wrap));
    });
    const more = fc.tuple(keys, anyValue(syntax)).map(([key, value]) => member(key, value, syntax));
    const extra = isValid ? fc.constant([]) : fc.oneof(fc.constant([]), repeated(more, anyCount, ",").map(wrap));
    return fc.tuple(...fields, extra).map((lists): ScalableText => ["{", ...separate(lists.flat()), "}"]);
  }
  if (isEnumType(type)) {
    const quote = syntax === "json" ? '"' : "";
    return fc.constantFrom(...type.getValues().map(({ name }) => quote + name + quote));
  }
  if (type.name === "Int") return isValid ? fc.constantFrom("1", "10", "100") : numbers;
  if (type.name === "Boolean") return fc.constantFrom("true", "false");
  if (type.name === "_Any") return representations(syntax, isValid);
  return syntax === "json" ? quotedTexts : fc.oneof(quotedTexts, blockTexts);
}

/** References of a gateway. */
function representations(syntax: Syntax, isValid: boolean): Arbitrary<ScalableText> {
  const typename = member("__typename", '"DataExtractionAction"', syntax);
  const plainIds = fc.constantFrom('"a"', '"a%n"', "1");
  const ids = isValid ? plainIds : fc.oneof(plainIds, anyValue(syntax));
  const plain = ids.map((id): ScalableText => ["{", typename, ",", member("id", id, syntax), "}"]);
  if (isValid) return plain;
  return fc.oneof(
    plain,
    fc
      .tuple(ids, keys, anyValue(syntax))
      .map(
        ([id, key, value]): ScalableText => [
          "{",
          typename,
          ",",
          member("id", id, syntax),
          ",",
          member(key, value, syntax),
          "}",
        ],
      ),
  );
}

function member(key: string, value: ScalableText, syntax: Syntax): ScalableText {
  return syntax === "json" ? [`"${key}":`, value] : [`${key}:`, value];
}

const wrap = (text: ScalableText): ScalableText[] => [text];

function separate(list: readonly ScalableText[]): ScalableText[] {
  return list.flatMap((text, index) => (index === 0 ? [text] : [",", text]));
}

export const anyJson = anyValue("json");
