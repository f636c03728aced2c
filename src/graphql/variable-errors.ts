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

/** A place where a variable stands. A directive's is no part of the input: its path is empty. */
interface Use {
  readonly path: Path;
  readonly type: GraphQLInputType | null | undefined;
}

/**
 * Says which of an operation's variables cannot be coerced to their types, one problem each, in the paths of the
 * arguments that the variables are used in. graphql-js' own messages quote the values; these never do.
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
    // A null may be what the variable's own type takes, and not the place where it stands.
    const refusal = value === null ? uses.find((use) => isNonNullType(use.type)) : undefined;
    if (refusal !== undefined) return [{ path: refusal.path, message: `Required, of type ${refusal.type}.`, rule }];
    const { path = [] } = uses.find((use) => use.path.length > 0) ?? {};
    return [...findTypeErrors(value, type, path, isExplorable)];
  });
  return errors.slice(0, maxErrors);
}

/** Whether any of an operation's variables is null, be it by its default. */
export function hasNullVariable(
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  return variableDefinitions.some((definition) => readVariable(definition, variables) === null);
}

/** The value that a variable was given; undefined also when its default stands in, unless that is null. */
function readVariable(
  { variable, defaultValue }: VariableDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): unknown {
  const name = variable.name.value;
  const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
  return given === undefined && defaultValue?.kind === Kind.NULL ? null : given;
}

/** Where an operation uses each variable: the argument's name and the input fields that lead to it. */
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
      // Lists of nodes are among the ancestors; they have no kind.
      const around = [...ancestors, parent] as ASTNode[];
      const path = around.flatMap((step) =>
        step.kind === Kind.ARGUMENT || step.kind === Kind.OBJECT_FIELD ? [step.name.value] : [],
      );
      const isOfDirective = around.some(({ kind }) => kind === Kind.DIRECTIVE);
      const use = { path: isOfDirective ? [] : path, type: types.getInputType() };
      uses.set(name.value, [...(uses.get(name.value) ?? []), use]);
    },
  });
  // Another operation of the document may have a variable of the same name.
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
      yield { path, message: `Has a field that ${type} lacks${names}.`, rule };
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
