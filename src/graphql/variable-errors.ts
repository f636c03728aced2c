import {
  type ASTNode,
  type DocumentNode,
  type GraphQLEnumType,
  GraphQLID,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLScalarType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  Kind,
  type OperationDefinitionNode,
  separateOperations,
  TypeInfo,
  typeFromAST,
  type VariableDefinitionNode,
  visit,
  visitWithTypeInfo,
} from "graphql";
import type { FieldError } from "../failures/failure.ts";
import { limits } from "../limits.ts";

const rule = "type";

type Path = readonly string[];
type Variables = Readonly<Record<string, unknown>>;

/** A position where a variable is used. In a directive it is not part of the input: the path is empty. */
interface Use {
  readonly path: Path;
  readonly type: GraphQLInputType | null | undefined;
}

/**
 * Finds the variables of an operation that cannot be coerced to their types: the first errors, with the path of the argument
 * that the variable is used in. Must run before graphql-js coerces them, which prints the whole value for each error, has
 * no path for a missing field, and takes rounded numbers for IDs.
 */
export function findVariableErrors(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): FieldError[] {
  const suspects = (operation.variableDefinitions ?? []).flatMap((definition) => {
    const value = readVariable(definition, variables);
    const type = typeFromAST(schema, definition.type as never);
    if (!isInputType(type) || (value === undefined && definition.defaultValue !== undefined)) return [];
    // A null may be valid for the variable's own type, but not for the position where it is used.
    const isSuspect = value === null || findTypeErrors(value, type, [], 1).length > 0;
    return isSuspect ? [{ name: definition.variable.name.value, value, type }] : [];
  });
  if (suspects.length === 0) return [];
  const allUses = findVariableUses(schema, document, operation);
  return suspects
    .flatMap(({ name, value, type }) => {
      const uses = allUses.get(name) ?? [];
      const rejection = value === null ? uses.find((use) => isNonNullType(use.type)) : undefined;
      if (rejection?.type) return findTypeErrors(value, rejection.type, rejection.path, limits.errors.count);
      const { path = [] } = uses.find((use) => use.path.length > 0) ?? {};
      return findTypeErrors(value, type, path, limits.errors.count);
    })
    .slice(0, limits.errors.count);
}

/** The value given for a variable; undefined also if its default applies, unless that is null. */
function readVariable({ variable, defaultValue }: VariableDefinitionNode, variables: Variables): unknown {
  const name = variable.name.value;
  const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
  return given === undefined && defaultValue?.kind === Kind.NULL ? null : given;
}

/** Where an operation uses each variable: the names of the argument and of the input fields that lead to it. */
function findVariableUses(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Map<string, readonly Use[]> {
  const uses = new Map<string, Use[]>();
  const types = new TypeInfo(schema);
  const visitor = visitWithTypeInfo(types, {
    VariableDefinition: () => false,
    Variable({ name }, _key, parent, _path, ancestors) {
      // Among the ancestors are lists of nodes, which have no kind.
      const around = [...ancestors, parent] as ASTNode[];
      const path = around.flatMap((step) =>
        step.kind === Kind.ARGUMENT || step.kind === Kind.OBJECT_FIELD ? [step.name.value] : [],
      );
      const isOfDirective = around.some(({ kind }) => kind === Kind.DIRECTIVE);
      const use = { path: isOfDirective ? [] : path, type: types.getInputType() };
      const known = uses.get(name.value);
      if (known === undefined) uses.set(name.value, [use]);
      else known.push(use);
    },
  });
  // Another operation of the document may have a variable with the same name.
  visit(separateOperations(document)[operation.name?.value ?? ""] ?? operation, visitor);
  return uses;
}

/** Where a value is, as a linked list of field names: most values have no error, so a path is built only for one that has. */
interface Place {
  readonly name: string;
  readonly around: Place | undefined;
}

/** The first problems of a value. @param path of the value. */
function findTypeErrors(value: unknown, type: GraphQLInputType, path: Path, maxErrors: number): FieldError[] {
  const errors: FieldError[] = [];
  // Errors beyond the reported ones would only cost time.
  const isFull = () => errors.length >= maxErrors;
  checkValue(value, type, undefined);
  return errors;

  function reject(place: Place | undefined, message: string): void {
    const inside: string[] = [];
    for (let at = place; at !== undefined; at = at.around) inside.unshift(at.name);
    errors.push({ path: [...path, ...inside], message, rule });
  }

  function checkValue(value: unknown, givenType: GraphQLInputType, place: Place | undefined): void {
    const type = getNullableType(givenType);
    if (value === undefined || value === null) {
      if (isNonNullType(givenType)) reject(place, `Must be given, and be of type ${type}.`);
    } else if (isListType(type)) {
      for (const item of Array.isArray(value) ? value : [value]) {
        if (isFull()) return;
        checkValue(item, type.ofType, place);
      }
    } else if (isInputObjectType(type)) {
      checkFields(value, type, place);
    } else if (isRoundedId(value, type)) {
      reject(place, "Must be sent as a string, because JSON cannot hold this number exactly.");
    } else if (!isCoercible(value, type)) {
      reject(place, `Must be of type ${type}.`);
    }
  }

  function checkFields(value: NonNullable<unknown>, type: GraphQLInputObjectType, place: Place | undefined): void {
    if (typeof value !== "object" || Array.isArray(value)) {
      reject(place, `Must be an object of type ${type}.`);
      return;
    }
    const given = value as Variables;
    const fields = type.getFields();
    for (const name in fields) {
      const field = fields[name] as GraphQLInputField;
      const own = Object.hasOwn(given, name) ? given[name] : undefined;
      if (own !== undefined || isRequiredInputField(field)) checkValue(own, field.type, { name, around: place });
      if (isFull()) return;
    }
    for (const name in given) {
      if (isFull()) return;
      if (!Object.hasOwn(fields, name)) reject(place, `Must not contain fields that ${type} does not have.`);
    }
  }
}

/** Whether an ID was sent as an integer too large to be exact, so that it has become another ID. */
export function isRoundedId(value: unknown, type: GraphQLScalarType | GraphQLEnumType = GraphQLID): boolean {
  return type === GraphQLID && Number.isInteger(value) && !Number.isSafeInteger(value);
}

export function isCoercible(value: unknown, type: GraphQLScalarType | GraphQLEnumType): boolean {
  try {
    return type.parseValue(value) !== undefined;
  } catch {
    return false;
  }
}
