import { getMetadataStorage, ValidateBy } from "class-validator";

/** Limits in Unicode code points. ContactSwing documents none: they are this service's own, to keep input reasonable. */
export const textLimits = {
  /** Names, sync module, and sync field. */
  name: 255,
  description: 10_000,
  idempotencyKey: 255,
} as const;

const maxLengthRule = "maxCodePoints";

// Cc is the Unicode category of control characters; tab, line feed, and carriage return are text.
const controlCharacterPattern = /[^\P{Cc}\t\n\r]/u;
const idempotencyKeyPattern = new RegExp(`^[\\x21-\\x7e]{1,${textLimits.idempotencyKey}}$`);

/** Non-blank, well-formed Unicode of at most `maxLength` code points, without control characters. */
export function IsText(maxLength: number): PropertyDecorator {
  const rules = [
    textRule("isNotBlank", "Must not be blank.", (text) => text.trim() !== ""),
    // Half a surrogate pair cannot be encoded as UTF-8: an upstream that stores it fails whenever it is read.
    textRule("isWellFormedUnicode", "Must be well-formed Unicode, without lone surrogates.", (text) =>
      text.isWellFormed(),
    ),
    textRule(
      "hasNoControlCharacters",
      "Must not contain control characters other than tab, line feed, and carriage return.",
      (text) => !controlCharacterPattern.test(text),
    ),
    textRule(maxLengthRule, `Must be at most ${maxLength} characters long.`, (text) => isWithin(text, maxLength), [
      maxLength,
    ]),
  ];
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}

/** 1 to 255 visible ASCII characters. */
export function IsIdempotencyKey(): PropertyDecorator {
  return textRule("isIdempotencyKey", `Must be 1 to ${textLimits.idempotencyKey} visible ASCII characters.`, (text) =>
    idempotencyKeyPattern.test(text),
  );
}

/** The limit that {@link IsText} sets for a field of an input class; undefined if it sets none. */
export function readMaxLength(inputClass: new () => object, field: string): number | undefined {
  const rules = getMetadataStorage().getTargetValidationMetadatas(inputClass, "", false, false);
  return rules.find(({ name, propertyName }) => name === maxLengthRule && propertyName === field)?.constraints[0];
}

/**
 * A rule for text. Absent and null values pass: the schema says whether a field is required.
 * @param constraints what the rule depends on, for those who read rules instead of applying them.
 */
export function textRule(
  name: string,
  message: string,
  isValid: (text: string) => boolean,
  constraints: readonly unknown[] = [],
): PropertyDecorator {
  return ValidateBy({
    name,
    constraints: [...constraints],
    validator: {
      validate: (value: unknown) => typeof value !== "string" || isValid(value),
      defaultMessage: () => message,
    },
  });
}

function isWithin(text: string, maxLength: number): boolean {
  // A code point takes one or two UTF-16 units, so counting is needed only in between.
  if (text.length <= maxLength) return true;
  return text.length <= maxLength * 2 && Array.from(text).length <= maxLength;
}
