import {
  BREAK,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  Lexer,
  type OperationDefinitionNode,
  type SelectionSetNode,
  Source,
  TokenKind,
  type ValidationRule,
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

const nounByLimit: Partial<Record<Limit, string>> = { depth: "levels", rootFields: "root fields" };

/** An operation that exceeds a limit. Nothing of it is executed. */
export class OperationLimitError extends GraphQLError {
  static readonly code = "OPERATION_LIMIT_EXCEEDED";
  override readonly name = "OperationLimitError";
  /** Of a document that was not parsed: whether it has a mutation. */
  readonly isMutation: boolean | undefined;

  constructor(limit: Limit, isMutation?: boolean) {
    super(`The operation has more than ${operationLimits[limit]} ${nounByLimit[limit] ?? limit}.`, {
      extensions: { code: OperationLimitError.code, http: { status: 400 } },
    });
    this.isMutation = isMutation;
  }
}

/** The message of graphql-js for a document with more tokens than allowed, which it reports as a syntax error. */
const tokenLimitPattern = /^Syntax Error: Document contains more tha[nt] \d+ tokens\. Parsing aborted\.$/;

/** The error for a document that was not parsed because it has too many tokens; undefined for any other syntax error. */
export function toTokenLimitError({ message }: GraphQLError, source: string): OperationLimitError | undefined {
  return tokenLimitPattern.test(message) ? new OperationLimitError("tokens", hasMutation(source)) : undefined;
}

const openers: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L]);
const closers: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R]);

/** Whether a document with too many tokens has a mutation before the limit: the keyword outside of all brackets. */
function hasMutation(source: string): boolean {
  const lexer = new Lexer(new Source(source));
  let nesting = 0;
  for (let count = 0; count < operationLimits.tokens; count += 1) {
    const { kind, value } = lexer.advance();
    if (openers.has(kind)) nesting += 1;
    else if (closers.has(kind)) nesting -= 1;
    else if (nesting === 0 && kind === TokenKind.NAME && value === "mutation") return true;
  }
  return false;
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
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      const measure = measureSelections(definition.selectionSet);
      measure.directives += countOwnDirectives(definition);
      const limit = measuredLimits.find((name) => measure[name] > operationLimits[name]);
      if (limit === undefined) continue;
      const error = new OperationLimitError(limit);
      // A full list of errors ends the validation: the other rules need not look at a rejected document.
      for (let count = 0; count <= maxValidationErrors; count += 1) context.reportError(error);
    }
    return BREAK;
  },
});

const measuredLimits = ["depth", "aliases", "directives"] as const;

/** Of a selection set with its fragments. */
type Measure = Record<(typeof measuredLimits)[number], number>;

function countOwnDirectives({ directives = [], variableDefinitions = [] }: OperationDefinitionNode): number {
  return variableDefinitions.reduce((sum, variable) => sum + (variable.directives?.length ?? 0), directives.length);
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
