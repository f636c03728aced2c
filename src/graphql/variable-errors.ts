import {
  type ASTNode,
  type DocumentNode,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
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

const rule = "type";
const maxErrors = 100;

type Path = readonly string[];

/** A position where a variable is used. In a directive it is not part of the input: the path is empty. */
interface Use {
  readonly path: Path;
  readonly type: GraphQLInputType | null | undefined;
}

/**
 * Finds the variables of an operation that cannot be coerced to their types: one error per problem, with the path of the
 * argument that the variable is used in. Unlike graphql-js' own messages, these never quote the values.
 * @param isExplorable whether messages may list the names that a type has.
 */
export function findVariableErrors(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  isExplorable: boolean,
): FieldError[] {
  const allUses = findVariableUses(schema, document, operation);
  const errors = (operation.variableDefinitions ?? []).flatMap((definition) => {
    const name = definition.variable.name.value;
    const value = readVariable(definition, variables);
    const type = typeFromAST(schema, definition.type as never);
    if (!isInputType(type) || (value === undefined && definition.defaultValue !== undefined)) return [];
    const uses = allUses.get(name) ?? [];
    // A null may be valid for the variable's own type, but not for the position where it is used.
    const rejection = value === null ? uses.find((use) => isNonNullType(use.type)) : undefined;
    if (rejection !== undefined)
      return [{ path: rejection.path, message: `Required, of type ${rejection.type}.`, rule }];
    const { path = [] } = uses.find((use) => use.path.length > 0) ?? {};
    return [...findTypeErrors(value, type, path, isExplorable)];
  });
  return errors.slice(0, maxErrors);
}

/** Whether any variable of an operation is null, given or by default. */
export function hasNullVariable(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  return variableDefinitions.some((definition) => readVariable(definition, variables) === null);
}

/** The value given for a variable; undefined also if its default applies, unless that is null. */
function readVariable(
  { variable, defaultValue }: VariableDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): unknown {
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
  const uses = new Map<string, readonly Use[]>();
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
      uses.set(name.value, [...(uses.get(name.value) ?? []), use]);
    },
  });
  // Another operation of the document may have a variable with the same name.
  visit(separateOperations(document)[operation.name?.value ?? ""] ?? operation, visitor);
  return uses;
}

function* findTypeErrors(
  value: unknown,
  givenType: GraphQLInputType,
  path: Path,
  isExplorable: boolean,
): Generator<FieldError> {
  if (value === undefined || value === null) {
    if (isNonNullType(givenType)) yield { path, message: `Required, of type ${givenType}.`, rule };
    return;
  }
  const type = isNonNullType(givenType) ? givenType.ofType : givenType;
  if (isListType(type)) {
    for (const item of Array.isArray(value) ? value : [value])
      yield* findTypeErrors(item, type.ofType, path, isExplorable);
  } else if (isInputObjectType(type)) {
    yield* findFieldErrors(value, type, path, isExplorable);
  } else if (!isCoercible(value, (given) => type.parseValue(given))) {
    const expected =
      isEnumType(type) && isExplorable
        ? `one of ${type
            .getValues()
            .map(({ name }) => name)
            .join(", ")}`
        : `of type ${type}`;
    yield { path, message: `Must be ${expected}.`, rule };
  }
}

function* findFieldErrors(
  value: NonNullable<unknown>,
  type: GraphQLInputObjectType,
  path: Path,
  isExplorable: boolean,
): Generator<FieldError> {
  if (typeof value !== "object" || Array.isArray(value)) {
    yield { path, message: `Must be an object of type ${type}.`, rule };
    return;
  }
  const given = value as Readonly<Record<string, unknown>>;
  const fields = type.getFields();
  for (const field of Object.values(fields)) {
    const fieldValue = Object.hasOwn(given, field.name) ? given[field.name] : undefined;
    if (fieldValue !== undefined || isRequiredInputField(field)) {
      yield* findTypeErrors(fieldValue, field.type, [...path, field.name], isExplorable);
    }
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(fields, name)) {
      const names = isExplorable ? `; its fields are ${Object.keys(fields).join(", ")}` : "";
      yield { path, message: `Has a field that ${type} does not have${names}.`, rule };
    }
  }
}

function isCoercible(value: unknown, parseValue: (value: unknown) => unknown): boolean {
  try {
    return parseValue(value) !== undefined;
  } catch {
    return false;
  }
}
