import { createRule, type Rule, type RuleOptions } from "./rule.ts";

/** Limits in Unicode code points. ContactSwing documents none: they are this service's own, to keep input reasonable. */
export const textLimits = {
  /** Names, sync module, and sync field. */
  name: 255,
  description: 10_000,
  idempotencyKey: 255,
  identifier: 255,
} as const;

// Nobody sees white space, format characters, and the empty Braille pattern.
const visiblePattern = /[^\s\p{Default_Ignorable_Code_Point}\u2800]/u;
// Cc is the Unicode category of control characters; tab, line feed, and carriage return are text.
const controlCharacterPattern = /[^\P{Cc}\t\n\r]/u;
const idempotencyKeyPattern = new RegExp(`^[\\x21-\\x7e]{1,${textLimits.idempotencyKey}}$`);

/** A rule for text. Absent and null values pass: the schema says whether a field is required. */
export function createTextRule(
  rule: Rule,
  isValid: (text: string, object: object) => boolean,
  options?: RuleOptions,
): PropertyDecorator {
  return createRule(rule, (value, object) => typeof value !== "string" || isValid(value, object), options);
}

export const maxLengthRule = (max: number): Rule => ({
  name: "maxCodePoints",
  message: `Must be at most ${max.toLocaleString("en")} characters long.`,
  params: { max },
});

/** Visible, well-formed Unicode of at most `maxLength` code points, without control characters. */
export function textRules(maxLength: number, options?: RuleOptions): PropertyDecorator[] {
  return [
    createTextRule({ name: "isNotBlank", message: "Must not be blank." }, (text) => visiblePattern.test(text), options),
    // Half a surrogate pair cannot be encoded as UTF-8: an upstream that stores it fails whenever it is read.
    createTextRule(
      { name: "isWellFormedUnicode", message: "Must be well-formed Unicode, without lone surrogates." },
      (text) => text.isWellFormed(),
      options,
    ),
    createTextRule(
      {
        name: "hasNoControlCharacters",
        message: "Must not contain control characters other than tab, line feed, and carriage return.",
      },
      (text) => !controlCharacterPattern.test(text),
      options,
    ),
    createTextRule(maxLengthRule(maxLength), (text) => isWithin(text, maxLength), options),
  ];
}

/** 1 to 255 visible ASCII characters. */
export const isIdempotencyKey: PropertyDecorator = createTextRule(
  {
    name: "isIdempotencyKey",
    message: `Must be 1 to ${textLimits.idempotencyKey} visible ASCII characters.`,
    params: { min: 1, max: textLimits.idempotencyKey },
  },
  (text) => idempotencyKeyPattern.test(text),
);

export function isWithin(text: string, maxLength: number): boolean {
  // A code point takes one or two UTF-16 units, so counting is needed only in between.
  if (text.length <= maxLength) return true;
  return text.length <= maxLength * 2 && Array.from(text).length <= maxLength;
}
