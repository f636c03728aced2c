import {
  type ASTNode,
  type DocumentNode,
  type GraphQLEnumType,
  GraphQLID,
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
    const isSuspect = value === null || !findTypeErrors(value, type, []).next().done;
    return isSuspect ? [{ name: definition.variable.name.value, value, type }] : [];
  });
  if (suspects.length === 0) return [];
  const allUses = findVariableUses(schema, document, operation);
  return Iterator.from(suspects)
    .flatMap(({ name, value, type }) => {
      const uses = allUses.get(name) ?? [];
      const rejection = value === null ? uses.find((use) => isNonNullType(use.type)) : undefined;
      if (rejection?.type) return findTypeErrors(value, rejection.type, rejection.path);
      const { path = [] } = uses.find((use) => use.path.length > 0) ?? {};
      return findTypeErrors(value, type, path);
    })
    .take(limits.errors.count)
    .toArray();
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

/** Yields the errors one by one, so that nobody has to wait for more of them than are reported. */
function* findTypeErrors(value: unknown, givenType: GraphQLInputType, path: Path): Generator<FieldError> {
  const type = getNullableType(givenType);
  if (value === undefined || value === null) {
    if (isNonNullType(givenType)) yield { path, message: `Must be given, and be of type ${type}.`, rule };
  } else if (isListType(type)) {
    for (const item of Array.isArray(value) ? value : [value]) yield* findTypeErrors(item, type.ofType, path);
  } else if (isInputObjectType(type)) {
    yield* findFieldErrors(value, type, path);
  } else if (isRoundedId(value, type)) {
    yield { path, message: "Must be sent as a string, because JSON cannot hold this number exactly.", rule };
  } else if (!isCoercible(value, type)) {
    yield { path, message: `Must be of type ${type}.`, rule };
  }
}

function* findFieldErrors(
  value: NonNullable<unknown>,
  type: GraphQLInputObjectType,
  path: Path,
): Generator<FieldError> {
  if (typeof value !== "object" || Array.isArray(value)) {
    yield { path, message: `Must be an object of type ${type}.`, rule };
    return;
  }
  const given = value as Variables;
  const fields = type.getFields();
  for (const field of Object.values(fields)) {
    const own = Object.hasOwn(given, field.name) ? given[field.name] : undefined;
    if (own !== undefined || isRequiredInputField(field)) {
      yield* findTypeErrors(own, field.type, [...path, field.name]);
    }
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(fields, name))
      yield { path, message: `Must not contain fields that ${type} does not have.`, rule };
  }
}

/** Whether a number was beyond what JSON's numbers hold exactly: another ID has been made of it. */
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
