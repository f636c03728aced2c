import { type ValidationError, validateSync } from "class-validator";
import { type FieldError, RequestFailure } from "../failures/failure.ts";

/**
 * Checks arguments against their class-validator rules. class-validator's own errors contain the caller's input, so only
 * paths, messages, and rule names leave this function.
 * @param path leads from the GraphQL field to `input`: the argument's name, or nothing for an object of all arguments.
 * @throws RequestFailure with every problem.
 */
export function validateInput(input: object, path: readonly string[]): void {
  const errors = validateSync(input);
  if (errors.length > 0) throw new RequestFailure({ kind: "input-invalid", fieldErrors: toFieldErrors(errors, path) });
}

function toFieldErrors(errors: readonly ValidationError[], parent: readonly string[]): FieldError[] {
  return errors.flatMap(({ property, constraints = {}, children = [] }) => {
    const path = [...parent, property];
    const own = Object.entries(constraints).map(([rule, message]) => ({ path, message, rule }));
    return [...own, ...toFieldErrors(children, path)];
  });
}
