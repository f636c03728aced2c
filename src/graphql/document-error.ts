import type { GraphQLError } from "graphql";
import { protocolCodes } from "./protocol-codes.ts";

/**
 * The code of an error about the request or its document, raised before anything was executed; undefined for every
 * other error. One with a path came out of the execution, whatever code it claims.
 */
export function readProtocolCode(error: GraphQLError): string | undefined {
  if (error.path !== undefined) return undefined;
  const { code, http } = error.extensions ?? {};
  if (typeof code === "string") return Object.hasOwn(protocolCodes, code) ? code : undefined;
  // Apollo Server gives some of its refusals of persisted queries a status and no code.
  const status = typeof http === "object" && http !== null && "status" in http ? Number(http.status) : 0;
  return status >= 400 && status < 500 ? "BAD_REQUEST" : undefined;
}

/**
 * An error's message without what it quotes of the caller's input: graphql-js prints literals, names of variables
 * and the operation's name that the request asked for.
 * Names of the document's types, fields and operations stay.
 */
export function describeDocumentError(error: GraphQLError): string {
  const isSyntax = error.message.startsWith("Syntax Error: ");
  const message = isSyntax ? withoutTokens(error.message) : withoutLiteral(error.message);
  return message.replace(/^(Unknown operation named) ".*"/s, '$1 "…"').replace(/\$[_A-Za-z]\w*/g, "$…");
}

/** What the parser found stays as a kind of token; of the source's characters only punctuation is repeated. */
function withoutTokens(message: string): string {
  return message
    .replace(/\b(Name|String|BlockString|Int|Float|Comment) ".*"/s, "$1")
    .replace(/(?<=: )(?:".*"|'"')/s, "…");
}

/** The literal is the end of graphql-js' sentences, or their beginning. */
function withoutLiteral(message: string): string {
  return message
    .replace(/^(Value) "\w+" (does not exist in "\w+" enum\.)/, '$1 "…" $2')
    .replace(/^(Enum "\w+" cannot represent [\w-]+ value: |[\w ]+ cannot represent [\w\- ]+: ).*/s, "$1…")
    .replace(/^(Expected value of type "[^"]+", found ).*/s, "$1….");
}
