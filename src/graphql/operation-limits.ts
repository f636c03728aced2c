import { GraphQLError, Lexer, Source, TokenKind } from "graphql";
import { limits } from "../limits.ts";

export type OperationLimit = keyof typeof limits.operation;

const nounByLimit: Readonly<Record<OperationLimit, string>> = {
  tokens: "tokens",
  lines: "lines",
  rootFields: "root fields",
  entities: "entities",
  responseValues: "values in its response",
};

/** An operation that exceeds a limit. Nothing of it is executed. */
export class OperationLimitError extends GraphQLError {
  static readonly code = "OPERATION_LIMIT_EXCEEDED";
  override readonly name = "OperationLimitError";

  constructor(limit: OperationLimit) {
    super(`The operation has more than ${limits.operation[limit].toLocaleString("en")} ${nounByLimit[limit]}.`, {
      extensions: { code: OperationLimitError.code, http: { status: 400 } },
    });
  }
}

/** The message of graphql-js for a document with more tokens than allowed, which it reports as a syntax error. */
const tokenLimitPattern = /^Syntax Error: Document contains more tha[nt] \d+ tokens\. Parsing aborted\.$/;

/** Whether an error says that a document was not parsed because it has too many tokens. */
export function isTokenLimitError({ message }: GraphQLError): boolean {
  return tokenLimitPattern.test(message);
}

const lineEndPattern = /\r\n|\n|\r/g;

/** Whether a document has more line ends than allowed. They may cost more than its tokens. */
export function hasTooManyLines(source: string): boolean {
  let lines = 0;
  for (const _ of source.matchAll(lineEndPattern)) {
    lines += 1;
    if (lines > limits.operation.lines) return true;
  }
  return false;
}

/** The names in a document that was not parsed, up to the limit of tokens. */
export function listNames(source: string): Set<string> {
  const names = new Set<string>();
  const lexer = new Lexer(new Source(source));
  try {
    for (let count = 0; count < limits.operation.tokens; count += 1) {
      const { kind, value } = lexer.advance();
      if (kind === TokenKind.NAME) names.add(value);
    }
  } catch {
    // What follows is not GraphQL.
  }
  return names;
}
