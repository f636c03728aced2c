import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { OperationLimitError, operationLimits } from "./operation-limits.ts";

type Variables = Readonly<Record<string, unknown>>;

/**
 * Rejects an operation with too many root fields or entities. Root fields count as they are executed: one per response
 * key, without those that directives exclude. `_entities` belongs to the gateway, which may put many aliases of it into
 * one operation: it counts by its representations.
 * @throws OperationLimitError
 */
export function limitRootFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): void {
  let coercion: ReturnType<typeof getVariableValues> | undefined;
  const coerceVariables = () => {
    coercion ??= getVariableValues(schema, operation.variableDefinitions ?? [], variables);
    return coercion.coerced;
  };
  const collection = {
    document,
    coerceVariables,
    fields: new Map<string, FieldNode>(),
    seenFragments: new Set<string>(),
  };
  collectRootFields(operation.selectionSet, collection);
  const fields = [...collection.fields.values()];
  const entityFields = fields.filter(({ name }) => name.value === "_entities");
  if (fields.length - entityFields.length > operationLimits.rootFields) throw new OperationLimitError("rootFields");
  const entities = entityFields.reduce((sum, field) => sum + countRepresentations(field, variables), 0);
  if (entities > operationLimits.entities) throw new OperationLimitError("entities");
}

/** The coerced variables; undefined if one of them is invalid. */
type CoerceVariables = () => Variables | undefined;

interface Collection {
  readonly document: DocumentNode;
  readonly coerceVariables: CoerceVariables;
  /** By response key. */
  readonly fields: Map<string, FieldNode>;
  readonly seenFragments: Set<string>;
}

function collectRootFields({ selections }: SelectionSetNode, collection: Collection): void {
  for (const selection of selections) {
    if (!isIncluded(selection, collection.coerceVariables)) continue;
    if (selection.kind === Kind.FIELD) {
      collection.fields.set((selection.alias ?? selection.name).value, selection);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      collectRootFields(selection.selectionSet, collection);
    } else if (!collection.seenFragments.has(selection.name.value)) {
      // As execution does: a fragment that is spread again adds nothing, and fragments that double would never end.
      collection.seenFragments.add(selection.name.value);
      const fragment = findFragment(collection.document, selection.name.value);
      if (fragment !== undefined) collectRootFields(fragment.selectionSet, collection);
    }
  }
}

function findFragment({ definitions }: DocumentNode, name: string): FragmentDefinitionNode | undefined {
  return definitions
    .filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION)
    .find((fragment) => fragment.name.value === name);
}

function isIncluded(selection: SelectionNode, coerceVariables: CoerceVariables): boolean {
  if (selection.directives === undefined || selection.directives.length === 0) return true;
  const variables = coerceVariables();
  // graphql-js rejects the variables before it executes anything.
  if (variables === undefined) return true;
  if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.if === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.if !== false;
}

function countRepresentations(field: FieldNode, variables: Variables): number {
  const value = field.arguments?.find(({ name }) => name.value === "representations")?.value;
  if (value?.kind === Kind.LIST) return value.values.length;
  const given = value?.kind === Kind.VARIABLE ? variables[value.name.value] : undefined;
  return Array.isArray(given) ? given.length : 1;
}
