import { ValidateBy, type ValidationArguments } from "class-validator";

/** Limits of this service, in Unicode code points. ContactSwing documents none: these are ours, to keep input sane. */
export const limits = {
  /** Names, sync module and sync field. */
  name: 255,
  description: 10_000,
  idempotencyKey: 255,
} as const;

// Cc is the Unicode category of control characters; tab, line feed and carriage return are text.
const controlCharacterPattern = /[^\P{Cc}\t\n\r]/u;

type Rule = (value: string) => boolean;

/** A rule for text. Absent and null values pass: whether a field may be absent is the schema's question. */
function textRule(name: string, message: string, isKept: Rule): PropertyDecorator {
  return ValidateBy({
    name,
    validator: {
      validate: (value: unknown) => typeof value !== "string" || isKept(value),
      defaultMessage: () => message,
    },
  });
}

/** Text that shows something, of at most `maximum` code points, without control characters. */
export function IsText(maximum: number): PropertyDecorator {
  const rules = [
    textRule("isNotBlank", "Must not be blank.", (value) => value.trim() !== ""),
    textRule(
      "hasNoControlCharacters",
      "Must not contain control characters other than tab, line feed and carriage return.",
      (value) => !controlCharacterPattern.test(value),
    ),
    textRule("maxCodePoints", `Must be at most ${maximum} characters long.`, (value) => isWithin(value, maximum)),
  ];
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}

function isWithin(value: string, maximum: number): boolean {
  // A code point takes one or two UTF-16 units, so that counting is needed only in between.
  if (value.length <= maximum) return true;
  return value.length <= maximum * 2 && Array.from(value).length <= maximum;
}

/** 1 to 255 visible ASCII characters. */
export function IsIdempotencyKey(): PropertyDecorator {
  const pattern = new RegExp(`^[\\x21-\\x7e]{1,${limits.idempotencyKey}}$`);
  return textRule("isIdempotencyKey", `Must be 1 to ${limits.idempotencyKey} visible ASCII characters.`, (value) =>
    pattern.test(value),
  );
}

/** Needed as soon as `syncData` of the same object is true. */
export function IsNeededToSync(): PropertyDecorator {
  return ValidateBy({
    name: "isNeededToSync",
    validator: {
      validate: (value: unknown, given?: ValidationArguments) =>
        (value !== undefined && value !== null) ||
        (given?.object as { syncData?: unknown } | undefined)?.syncData !== true,
      defaultMessage: () => "Needed when syncData is true.",
    },
  });
}
