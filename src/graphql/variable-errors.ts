import {
  type ASTNode,
  type DocumentNode,
  type GraphQLEnumType,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  type GraphQLScalarType,
  type GraphQLSchema,
  getNullableType,
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
    if (rejection?.type) return findTypeErrors(value, rejection.type, rejection.path, isExplorable);
    const { path = [] } = uses.find((use) => use.path.length > 0) ?? {};
    return findTypeErrors(value, type, path, isExplorable);
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

function findTypeErrors(
  value: unknown,
  givenType: GraphQLInputType,
  path: Path,
  isExplorable: boolean,
): readonly FieldError[] {
  const type = getNullableType(givenType);
  if (value === undefined || value === null) {
    return isNonNullType(givenType) ? [{ path, message: `Is required and must be of type ${type}.`, rule }] : [];
  }
  if (isListType(type)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    return items.flatMap((item) => findTypeErrors(item, type.ofType, path, isExplorable));
  }
  if (isInputObjectType(type)) return findFieldErrors(value, type, path, isExplorable);
  if (isCoercible(value, type)) return [];
  const names = isEnumType(type) && isExplorable ? type.getValues().map(({ name }) => name) : undefined;
  const expected = names === undefined ? `of type ${type}` : `one of ${names.join(", ")}`;
  return [{ path, message: `Must be ${expected}.`, rule }];
}

function findFieldErrors(
  value: NonNullable<unknown>,
  type: GraphQLInputObjectType,
  path: Path,
  isExplorable: boolean,
): readonly FieldError[] {
  if (typeof value !== "object" || Array.isArray(value)) {
    return [{ path, message: `Must be an object of type ${type}.`, rule }];
  }
  const given = new Map(Object.entries(value));
  const fields = Object.values(type.getFields());
  const errors = fields
    .filter((field) => given.get(field.name) !== undefined || isRequiredInputField(field))
    .flatMap(({ name, type }) => findTypeErrors(given.get(name), type, [...path, name], isExplorable));
  for (const { name } of fields) given.delete(name);
  const names = isExplorable ? ` Its fields are ${fields.map(({ name }) => name).join(", ")}.` : "";
  const message = `Contains a field that ${type} does not have.${names}`;
  return [...errors, ...Array.from(given.keys(), () => ({ path, message, rule }))];
}

export function isCoercible(value: unknown, type: GraphQLScalarType | GraphQLEnumType): boolean {
  try {
    return type.parseValue(value) !== undefined;
  } catch {
    return false;
  }
}
