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
  typeFromAST,
  visit,
} from "graphql";
import type { FieldError } from "../failures/failure.ts";

const rule = "type";
const maxErrors = 100;

type Path = readonly string[];

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
  const uses = findVariableUses(document, operation);
  const errors = (operation.variableDefinitions ?? []).flatMap((definition) => {
    const name = definition.variable.name.value;
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    const type = typeFromAST(schema, definition.type as never);
    if (!isInputType(type) || (value === undefined && definition.defaultValue !== undefined)) return [];
    return [...findTypeErrors(value, type, uses.get(name) ?? [], isExplorable)];
  });
  return errors.slice(0, maxErrors);
}

/** Where an operation first uses each variable: the argument's name and the input fields that lead to it. */
function findVariableUses(document: DocumentNode, operation: OperationDefinitionNode): Map<string, Path> {
  const uses = new Map<string, Path>();
  // Another operation of the document may have a variable of the same name.
  visit(separateOperations(document)[operation.name?.value ?? ""] ?? operation, {
    // A directive's variable is no part of the input.
    Directive: () => false,
    VariableDefinition: () => false,
    Variable(node, _key, parent, _path, ancestors) {
      if (uses.has(node.name.value)) return;
      // Lists of nodes are among the ancestors; they have no kind.
      const steps = ([...ancestors, parent] as ASTNode[]).flatMap((step) =>
        step.kind === Kind.ARGUMENT || step.kind === Kind.OBJECT_FIELD ? [step.name.value] : [],
      );
      uses.set(node.name.value, steps);
    },
  });
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
