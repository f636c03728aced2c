import { getMetadataStorage } from "class-validator";

/** Whether an object keeps every rule of its class. */
type Check = (object: object) => boolean;

// Types of class-validator's metadata: every rule is a "custom" one, its built-in decorators included.
const rule = "customValidation";
const nestedRule = "nestedValidation";

const leaveToClassValidator: Check = () => false;

const compiled = new Map<object, Check>();

/**
 * Compiles class-validator's rules of a class, once, into a check that makes no error objects. class-validator reads its
 * metadata and makes its error objects anew for every property of every object, valid or not; the check asks the same
 * constraints and stops at the first that is broken, so that class-validator itself runs only for its errors.
 * A kind of rule that it does not know is answered by false: class-validator decides.
 */
export function compileRules(type: object): Check {
  let check = compiled.get(type);
  if (check === undefined) {
    check = compile(type);
    compiled.set(type, check);
  }
  return check;
}

function compile(type: object): Check {
  const storage = getMetadataStorage();
  const checks = storage.getTargetValidationMetadatas(type as never, "", false, false).map((metadata): Check => {
    const property = metadata.propertyName;
    const read = (object: object) => (object as Readonly<Record<string, unknown>>)[property];
    if (metadata.each || metadata.validateIf !== undefined) return leaveToClassValidator;
    if (metadata.type === rule) {
      const { constraints } = metadata;
      const targetName = metadata.target instanceof Function ? metadata.target.name : metadata.target;
      const [constraint] = storage.getTargetValidatorConstraints(metadata.constraintCls);
      if (constraint === undefined || constraint.async) return leaveToClassValidator;
      return (object) => {
        const value = read(object);
        return constraint.instance.validate(value, { value, constraints, targetName, object, property }) === true;
      };
    }
    if (metadata.type !== nestedRule) return leaveToClassValidator;
    return (object) => {
      const value = read(object);
      // What is no object of a class with rules, like a list, is left to class-validator.
      return value === undefined || (value !== null && compileRules(value.constructor)(value));
    };
  });
  // class-validator refuses an object of a class without rules.
  return checks.length === 0 ? leaveToClassValidator : (object) => checks.every((check) => check(object));
}
