import { Lexer, Source, TokenKind } from "graphql";
import { operationLimits } from "./operation-limits.ts";

const openers: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L]);
const closers: ReadonlySet<TokenKind> = new Set([TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R]);

/**
 * Examines a document that could not be parsed: undefined unless it has more tokens than allowed, else whether a
 * mutation is among them. graphql-js stops at the limit with an ordinary syntax error, so the tokens are counted again,
 * no further than the limit.
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
    // A character that begins no token: an ordinary syntax error.
    return undefined;
  }
}
