import { Lexer, Source, TokenKind } from "graphql";
import { operationLimits } from "./operation-limits.ts";

const openers: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L]);
const closers: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R]);

/**
 * Looks at a document that graphql-js would not parse: undefined unless it has more tokens than an operation may
 * have, else whether a mutation is among them. graphql-js gives up at that token with an ordinary syntax error, so it
 * is counted again. Reads no further than the limit.
 */
export function findTokenExcess(text: string): { readonly isMutation: boolean } | undefined {
  const lexer = new Lexer(new Source(text));
  let isMutation = false;
  let nesting = 0;
  try {
    for (let count = 0; count <= operationLimits.tokens; count += 1) {
      const { kind, value } = lexer.advance();
      if (kind === TokenKind.EOF) return undefined;
      if (openers.has(kind)) nesting += 1;
      else if (closers.has(kind)) nesting -= 1;
      else if (nesting === 0 && kind === TokenKind.NAME && value === "mutation") isMutation = true;
    }
    return { isMutation };
  } catch {
    // A character that starts no token: a syntax error like any other.
    return undefined;
  }
}
