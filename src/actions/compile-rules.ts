import { getMetadataStorage } from "class-validator";

/** Whether an object keeps every rule of its class. */
type Check = (object: object) => boolean;

// Types of class-validator's metadata: every rule is a "custom" one, its built-in decorators included.
const rule = "customValidation";
const nestedRule = "nestedValidation";

/**
 * Compiles class-validator's rules of a class into one check that makes no error objects. class-validator reads its
 * metadata and makes its error objects anew for every property of every object, valid or not; the check asks the same
 * constraints and stops at the first that is broken, so that class-validator itself runs only for its errors.
 * A kind of rule that it does not know is answered by false: class-validator decides.
 */
export function compileRules(type: object): Check {
  const storage = getMetadataStorage();
  const checks = storage.getTargetValidationMetadatas(type as never, "", false, false).map((metadata): Check => {
    const property = metadata.propertyName;
    const read = (object: object) => (object as Readonly<Record<string, unknown>>)[property];
    if (metadata.each || metadata.validateIf !== undefined) return () => false;
    if (metadata.type === rule) {
      const constraints = metadata.constraints ?? [];
      const targetName = metadata.target instanceof Function ? metadata.target.name : metadata.target;
      const instances = storage.getTargetValidatorConstraints(metadata.constraintCls);
      if (instances.length === 0 || instances.some(({ async }) => async)) return () => false;
      return (object) => {
        const value = read(object);
        const given = { value, constraints, targetName, object, property };
        return instances.every(({ instance }) => instance.validate(value, given) === true);
      };
    }
    if (metadata.type !== nestedRule) return () => false;
    const nested = new Map<object, Check>();
    return (object) => {
      const value = read(object);
      if (value === undefined) return true;
      if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
      const valueType = value.constructor;
      const known = nested.get(valueType);
      const check = known ?? compileRules(valueType);
      if (known === undefined) nested.set(valueType, check);
      return check(value);
    };
  });
  // class-validator refuses an object of a class without rules.
  return checks.length === 0 ? () => false : (object) => checks.every((check) => check(object));
}
