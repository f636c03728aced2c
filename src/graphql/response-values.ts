import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import { limits } from "../limits.ts";

const { responseValues: maxValues } = limits.operation;
const { items: pageItems } = limits.list;

/**
 * Whether the response to an operation can have more values than allowed: each field once for its name in the response,
 * times the most items that the lists around it can have. Directives and conditions on types are ignored.
 * @param countEntities how many items the value of an `_entities` field has.
 */
export function hasTooManyValues(
  schema: GraphQLSchema,
  { definitions }: DocumentNode,
  operation: OperationDefinitionNode,
  countEntities: (field: FieldNode) => number,
): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }

  /** Adds the fields of a selection set, by their names in the response; each fragment once. */
  function collect(set: SelectionSetNode, parent: Parent, fields: Map<string, Field>, seen: Set<string>): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const known = fields.get(key);
        if (known === undefined) fields.set(key, { parent, nodes: [selection] });
        else known.nodes.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet, findType(selection.typeCondition?.name.value) ?? parent, fields, seen);
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment) collect(fragment.selectionSet, findType(fragment.typeCondition.name.value), fields, seen);
      }
    }
  }

  /** Stops counting at the limit. */
  function count(sets: readonly SelectionSetNode[], parent: Parent): number {
    const fields = new Map<string, Field>();
    const seen = new Set<string>();
    for (const set of sets) collect(set, parent, fields, seen);
    let sum = 0;
    for (const field of fields.values()) {
      sum += 1 + countInside(field);
      if (sum > maxValues) break;
    }
    return sum;
  }

  function countInside({ parent, nodes }: Field): number {
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const [node] = nodes;
    if (sets.length === 0 || node === undefined) return 0;
    if (node.name.value === "_entities") return countEntities(node) * count(sets, undefined);
    const type = isObjectType(parent) ? parent.getFields()[node.name.value]?.type : undefined;
    // graphql-js has a rule of its own for the lists of introspection.
    const isPage = isListType(type && getNullableType(type)) && !parent?.name.startsWith("__");
    return (isPage ? pageItems : 1) * count(sets, type && getNamedType(type));
  }

  const findType = (name: string | undefined) => (name === undefined ? undefined : schema.getType(name));

  return count([operation.selectionSet], schema.getRootType(operation.operation) ?? undefined) > maxValues;
}

type Parent = GraphQLNamedType | undefined;

/** The nodes of one field of the response, which share its name there. */
interface Field {
  readonly parent: Parent;
  readonly nodes: FieldNode[];
}
