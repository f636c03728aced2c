import {
  BREAK,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationRule,
  type ValueNode,
} from "graphql";

/**
 * What one operation may ask for. The widest realistic operation, ten create requests with every field written inline,
 * has about 800 tokens; the introspection query of common tools is 15 levels deep.
 */
export const operationLimits = {
  tokens: 1000,
  depth: 16,
  aliases: 30,
  directives: 50,
  rootFields: 10,
  entities: 1000,
} as const;

/** graphql-js reports at most this many problems of a document and then stops looking for more. */
export const maxValidationErrors = 20;

type Limit = keyof typeof operationLimits;

const nounByLimit = {
  tokens: "tokens",
  depth: "levels",
  aliases: "aliases",
  directives: "directives",
  rootFields: "root fields",
  entities: "entities",
} as const satisfies Record<Limit, string>;

/** An operation that exceeds a limit. Nothing of it is executed. */
export class OperationLimitError extends GraphQLError {
  static readonly code = "OPERATION_LIMIT_EXCEEDED";
  override readonly name = "OperationLimitError";

  constructor(limit: Limit) {
    super(`The operation has more than ${operationLimits[limit]} ${nounByLimit[limit]}.`, {
      extensions: { code: OperationLimitError.code, http: { status: 400 } },
    });
  }
}

/** Of a selection set with its fragments. */
interface Measure {
  depth: number;
  aliases: number;
  directives: number;
}

/**
 * Validation rule: rejects documents whose operations exceed a limit that depends on the document alone. Every fragment
 * is measured once, so the cost is linear in the document, whatever the fragments multiply to.
 *
 * Own code, because graphql-armor's rules throw, which Apollo Server turns into an internal error, and replace the
 * parser to count tokens.
 */
export const limitDocument: ValidationRule = (context) => ({
  Document({ definitions }) {
    const measureSelections = createMeter((name) => context.getFragment(name) ?? undefined);
    for (const definition of definitions) {
      const limit =
        definition.kind === Kind.OPERATION_DEFINITION ? findExcess(definition, measureSelections) : undefined;
      if (limit === undefined) continue;
      const error = new OperationLimitError(limit);
      // A full list of errors ends the validation: the other rules need not look at a rejected document.
      for (let count = 0; count <= maxValidationErrors; count += 1) context.reportError(error);
    }
    return BREAK;
  },
});

/** Validation rule: the schema has a type for the operation. graphql-js 16 finds that out only during execution. */
export const knownOperationTypes: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (context.getSchema().getRootType(node.operation)) return;
    context.reportError(new GraphQLError(`The schema has no ${node.operation} operations.`, { nodes: node }));
  },
});

/**
 * Rejects an operation whose execution would exceed a limit. Root fields count as they are executed: one per response
 * key, without those that directives exclude. `_entities` belongs to the gateway, which may put many aliases of it into
 * one operation: it counts by its representations.
 * @throws OperationLimitError
 */
export function checkOperationLimits(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  variables: Readonly<Record<string, unknown>>,
): void {
  let coercion: ReturnType<typeof getVariableValues> | undefined;
  const coerceVariables = () => {
    coercion ??= getVariableValues(schema, operation.variableDefinitions ?? [], variables);
    return coercion.coerced;
  };
  const fields = [...collectRootFields(operation.selectionSet, fragments, coerceVariables).values()];
  const entityFields = fields.filter(({ name }) => name.value === "_entities");
  if (fields.length - entityFields.length > operationLimits.rootFields) throw new OperationLimitError("rootFields");
  const entities = entityFields.reduce((sum, field) => sum + countRepresentations(field, variables), 0);
  if (entities > operationLimits.entities) throw new OperationLimitError("entities");
}

/** The coerced variables; undefined if one of them is invalid. */
type CoerceVariables = () => Readonly<Record<string, unknown>> | undefined;

function collectRootFields(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  coerceVariables: CoerceVariables,
  fields: Map<string, FieldNode> = new Map(),
  seenFragments: Set<FragmentDefinitionNode> = new Set(),
): Map<string, FieldNode> {
  for (const selection of selections) {
    if (!isIncluded(selection, coerceVariables)) continue;
    if (selection.kind === Kind.FIELD) {
      fields.set((selection.alias ?? selection.name).value, selection);
      continue;
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      collectRootFields(selection.selectionSet, fragments, coerceVariables, fields, seenFragments);
      continue;
    }
    // As execution does: a fragment that is spread again adds nothing, and fragments that double would never end.
    const fragment = fragments.get(selection.name.value);
    if (fragment === undefined || seenFragments.has(fragment)) continue;
    seenFragments.add(fragment);
    collectRootFields(fragment.selectionSet, fragments, coerceVariables, fields, seenFragments);
  }
  return fields;
}

function isIncluded(selection: SelectionNode, coerceVariables: CoerceVariables): boolean {
  if (selection.directives === undefined || selection.directives.length === 0) return true;
  const variables = coerceVariables();
  // graphql-js rejects the variables before it executes anything.
  if (variables === undefined) return true;
  if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.if === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.if !== false;
}

function countRepresentations(field: FieldNode, variables: Readonly<Record<string, unknown>>): number {
  const value: ValueNode | undefined = field.arguments?.find(({ name }) => name.value === "representations")?.value;
  if (value?.kind === Kind.LIST) return value.values.length;
  const given = value?.kind === Kind.VARIABLE ? variables[value.name.value] : undefined;
  return Array.isArray(given) ? given.length : 1;
}

function findExcess(
  { selectionSet, directives = [], variableDefinitions = [] }: OperationDefinitionNode,
  measureSelections: (selections: SelectionSetNode) => Measure,
): Limit | undefined {
  const measure = measureSelections(selectionSet);
  const ownDirectives = [...directives, ...variableDefinitions.flatMap((variable) => variable.directives ?? [])];
  if (measure.depth > operationLimits.depth) return "depth";
  if (measure.aliases > operationLimits.aliases) return "aliases";
  return measure.directives + ownDirectives.length > operationLimits.directives ? "directives" : undefined;
}

function createMeter(
  getFragment: (name: string) => FragmentDefinitionNode | undefined,
): (selections: SelectionSetNode) => Measure {
  const fragments = new Map<string, Measure>();

  function measureFragment(name: string): Measure {
    const known = fragments.get(name);
    if (known !== undefined) return known;
    // A fragment inside itself counts as nothing: another rule rejects the document.
    fragments.set(name, { depth: 0, aliases: 0, directives: 0 });
    const fragment = getFragment(name);
    const measure = measureSelections(fragment?.selectionSet);
    measure.directives += fragment?.directives?.length ?? 0;
    fragments.set(name, measure);
    return measure;
  }

  function measureSelections(set: SelectionSetNode | undefined): Measure {
    const sum: Measure = { depth: 0, aliases: 0, directives: 0 };
    for (const selection of set?.selections ?? []) {
      const isField = selection.kind === Kind.FIELD;
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      const inner = isSpread ? measureFragment(selection.name.value) : measureSelections(selection.selectionSet);
      sum.depth = Math.max(sum.depth, isField ? inner.depth + 1 : inner.depth);
      sum.aliases += inner.aliases + (isField && selection.alias !== undefined ? 1 : 0);
      sum.directives += inner.directives + (selection.directives?.length ?? 0);
    }
    return sum;
  }

  return measureSelections;
}
