import {
  BREAK,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationRule,
} from "graphql";

/**
 * What one operation may ask for; fragments count wherever they are spread. The widest honest operation, ten creates
 * with every field written inline, has about 800 tokens; the introspection query of the usual tools is 15 deep.
 */
export const operationLimits = { tokens: 1000, rootFields: 10, depth: 16, aliases: 30, directives: 50 } as const;

/** graphql-js lists at most so many problems of a document, and then stops looking for more. */
export const maxValidationErrors = 20;

export const operationLimitCode = "OPERATION_LIMIT_EXCEEDED";

/** An operation that asks for too much. Nothing of it is executed. */
export class OperationLimitError extends GraphQLError {
  override readonly name = "OperationLimitError";

  constructor(limit: keyof typeof operationLimits) {
    const name = { rootFields: "root fields" }[limit as string] ?? limit;
    const message =
      limit === "depth"
        ? `The operation is more than ${operationLimits.depth} fields deep.`
        : `The operation has more than ${operationLimits[limit]} ${name}.`;
    super(message, { extensions: { code: operationLimitCode } });
  }
}

/** What a selection set asks for, with its fragments. `fields` counts its own level alone, the rest all levels. */
interface Measure {
  fields: number;
  depth: number;
  aliases: number;
  directives: number;
}

/**
 * Validation rule: refuses operations over {@link operationLimits}. Every fragment is measured once, so that the cost
 * is linear in the document, whatever the fragments multiply to.
 *
 * Written out because graphql-armor's rules throw, which Apollo Server turns into an internal error, have no rule for
 * root fields, and replace the parser to count tokens.
 */
export const limitOperations: ValidationRule = (context) => ({
  Document({ definitions }) {
    const measureSelections = createMeter((name) => context.getFragment(name) ?? undefined);
    for (const definition of definitions) {
      const limit =
        definition.kind === Kind.OPERATION_DEFINITION ? findExcess(definition, measureSelections) : undefined;
      if (limit === undefined) continue;
      const error = new OperationLimitError(limit);
      // The other rules would go on over a document that is refused anyway; a full list of errors is what ends them.
      for (let count = 0; count <= maxValidationErrors; count += 1) context.reportError(error);
    }
    return BREAK;
  },
});

function findExcess(
  { selectionSet, directives = [], variableDefinitions = [] }: OperationDefinitionNode,
  measureSelections: (selections: SelectionSetNode) => Measure,
): keyof typeof operationLimits | undefined {
  const measure = measureSelections(selectionSet);
  const ownDirectives = [...directives, ...variableDefinitions.flatMap((variable) => variable.directives ?? [])];
  if (measure.fields > operationLimits.rootFields) return "rootFields";
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
    // A fragment inside of itself counts as nothing: another rule refuses the document.
    fragments.set(name, { fields: 0, depth: 0, aliases: 0, directives: 0 });
    const fragment = getFragment(name);
    const measure = measureSelections(fragment?.selectionSet);
    measure.directives += fragment?.directives?.length ?? 0;
    fragments.set(name, measure);
    return measure;
  }

  function measureSelections(set: SelectionSetNode | undefined): Measure {
    const sum: Measure = { fields: 0, depth: 0, aliases: 0, directives: 0 };
    for (const selection of set?.selections ?? []) {
      const isField = selection.kind === Kind.FIELD;
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      const inner = isSpread ? measureFragment(selection.name.value) : measureSelections(selection.selectionSet);
      sum.fields += isField ? 1 : inner.fields;
      sum.depth = Math.max(sum.depth, isField ? inner.depth + 1 : inner.depth);
      sum.aliases += inner.aliases + (isField && selection.alias !== undefined ? 1 : 0);
      sum.directives += inner.directives + (selection.directives?.length ?? 0);
    }
    return sum;
  }

  return measureSelections;
}
