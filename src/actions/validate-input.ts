import { type ValidationError, validateSync } from "class-validator";
import { CallFailure, type FieldError } from "../failures/failure.ts";
import { compileRules } from "./compile-rules.ts";

/**
 * Checks an argument against its class-validator rules. class-validator's own errors hold the caller's input, so
 * only paths, messages and rule names leave this function.
 * @param argument name of the GraphQL argument, the head of every path.
 * @throws CallFailure with every problem.
 */
export function validateInput(input: object, argument: string): void {
  if (compileRules(input.constructor)(input)) return;
  const errors = validateSync(input);
  if (errors.length === 0) return;
  throw new CallFailure({ kind: "input-invalid", fieldErrors: toFieldErrors(errors, [argument]) });
}

function toFieldErrors(errors: readonly ValidationError[], parent: readonly string[]): FieldError[] {
  return errors.flatMap((error) => {
    const path = [...parent, error.property];
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ path, message, rule }));
    return [...own, ...toFieldErrors(error.children ?? [], path)];
  });
}
