import { type ValidationError, validateSync } from "class-validator";
import { type FieldError, RequestFailure } from "../failures/failure.ts";
import type { Rule } from "./rule.ts";

/**
 * Checks arguments against their class-validator rules. class-validator's own errors contain the caller's input, so only
 * paths and rules leave this function.
 * @param path leads from the GraphQL field to `input`: the argument's name, or nothing for an object of all arguments.
 * @throws RequestFailure with every problem.
 */
export function validateInput(input: object, path: readonly string[]): void {
  const fieldErrors = toFieldErrors(validateSync(input), path);
  if (fieldErrors.length > 0) throw new RequestFailure({ kind: "input-invalid", fieldErrors });
}

// class-validator's own constraint for an object in a list that is null, which the schema allows or rejects.
const nestedConstraint = "nestedValidation";

function toFieldErrors(errors: readonly ValidationError[], parent: readonly string[]): FieldError[] {
  return errors.flatMap(({ property, target, constraints = {}, contexts = {}, children = [] }) => {
    // The index of a list's item is not part of a path in the schema.
    const path = Array.isArray(target) ? parent : [...parent, property];
    const own = Object.entries(constraints)
      .filter(([constraint]) => constraint !== nestedConstraint)
      .map(([constraint, text]) => {
        const { name, message, params }: Rule = contexts[constraint] ?? { name: constraint, message: text };
        return { path, message, rule: name, ...(params && { params }) };
      });
    return [...own, ...toFieldErrors(children, path)];
  });
}
