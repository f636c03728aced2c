import { collectFields } from "@graphql-tools/utils";
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
} from "graphql";
import { limits } from "../limits.ts";
import { OperationLimitError } from "./operation-limits.ts";
import { hasTooManyValues } from "./response-values.ts";

type Variables = Readonly<Record<string, unknown>>;

const entitiesField = "_entities";

/**
 * Operations that are within the limits whatever their variables are. Apollo Server's document store returns the same
 * object for the same text, so most operations are measured once.
 */
const knownToBeWithinLimits = new WeakSet<OperationDefinitionNode>();

/**
 * Rejects an operation with too many root fields, entities, or values in its response. Root fields count as they are
 * executed: one per response key, without those that directives exclude. `_entities` belongs to the gateway, which may
 * put many aliases of it into one operation: it counts by its representations.
 * @param variables that can be coerced.
 * @throws OperationLimitError
 */
export function limitOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): void {
  if (knownToBeWithinLimits.has(operation)) return;
  const { selections } = operation.selectionSet;
  // Their variables need not be coerced here as well.
  const isPlain = selections.length <= limits.operation.rootFields && selections.every(isPlainField);
  if (!isPlain) limitRootFields(schema, document, operation, variables);
  if (hasTooManyValues(schema, document, operation, (field) => countEntities(field, variables))) {
    throw new OperationLimitError("responseValues");
  }
  if (isPlain) knownToBeWithinLimits.add(operation);
}

function limitRootFields(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): void {
  const rootType = schema.getRootType(operation.operation);
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 1 });
  if (!rootType || coerced === undefined) return;
  const variableValues = { coerced, sources: {} };
  const { fields } = collectFields(schema, listFragments(document), variableValues, rootType, operation.selectionSet);
  const rootFields = [...fields.values()].flatMap(([field]) => field ?? []);
  const entityFields = rootFields.filter(({ name }) => name.value === entitiesField);
  if (rootFields.length - entityFields.length > limits.operation.rootFields) {
    throw new OperationLimitError("rootFields");
  }
  const entities = entityFields.reduce((sum, field) => sum + countEntities(field, coerced), 0);
  if (entities > limits.operation.entities) throw new OperationLimitError("entities");
}

function isPlainField(selection: SelectionNode): boolean {
  return selection.kind === Kind.FIELD && selection.name.value !== entitiesField;
}

function listFragments({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment]));
}

function countEntities(field: FieldNode, variables: Variables): number {
  const value = field.arguments?.find(({ name }) => name.value === "representations")?.value;
  if (value?.kind === Kind.LIST) return value.values.length;
  const given = value?.kind === Kind.VARIABLE ? variables[value.name.value] : undefined;
  return Array.isArray(given) ? given.length : 1;
}
