import { ValidateBy, type ValidationArguments } from "class-validator";

/** A rule for input, as `fieldErrors` and the documentation show it. */
export interface Rule {
  readonly name: string;
  readonly message: string;
  /** The numbers of the rule, such as `{ max: 255 }`, for clients that word the message themselves. */
  readonly params?: Readonly<Record<string, number>>;
}

/** Of a list, each item is checked. */
export interface RuleOptions {
  readonly each?: boolean;
}

const declared = new Map<string, Rule>();

/** Every rule that has been declared, with each of its parameters once, for the documentation. */
export function listRules(): readonly Rule[] {
  return [...declared.values()];
}

/**
 * A class-validator decorator for a property.
 * @param isValid gets the value, which may be absent or null, and the object that it belongs to.
 */
export function createRule(
  rule: Rule,
  isValid: (value: unknown, object: object) => boolean,
  { each = false }: RuleOptions = {},
): PropertyDecorator {
  declared.set(JSON.stringify(rule), rule);
  const validator = {
    validate: (value: unknown, validated?: ValidationArguments) => isValid(value, validated?.object ?? {}),
    defaultMessage: () => rule.message,
  };
  return ValidateBy({ name: rule.name, validator }, { each, context: rule });
}

/** Applies several rules to one property. */
export function applyRules(rules: readonly PropertyDecorator[]): PropertyDecorator {
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}
