import type { GraphQLError } from "graphql";

/** Codes of the errors that are raised before anything is executed, with their documentation. */
export const protocolErrors = {
  GRAPHQL_PARSE_FAILED: { when: "The document has a syntax error." },
  GRAPHQL_VALIDATION_FAILED: { when: "The document is not valid against the schema." },
  OPERATION_RESOLUTION_FAILURE: {
    when: "The document has no operation with the given name, or several and no name was given.",
  },
  OPERATION_LIMIT_EXCEEDED: { when: "The operation exceeds one of the limits: split it." },
  PERSISTED_QUERY_NOT_FOUND: { when: "The hash is unknown: send the document together with its hash." },
  PERSISTED_QUERY_NOT_SUPPORTED: { when: "Persisted queries are off: send the document." },
  BAD_REQUEST: {
    when: "The request violates the GraphQL over HTTP specification, or a page of another site may have sent it (CSRF).",
  },
} as const;

/**
 * The code of an error about the request or its document, raised before anything was executed; undefined for every
 * other error. An error with a path was raised during execution, whatever code it claims.
 */
export function readProtocolCode(error: GraphQLError): string | undefined {
  if (error.path !== undefined) return undefined;
  const { code, http } = error.extensions ?? {};
  if (typeof code === "string") return Object.hasOwn(protocolErrors, code) ? code : undefined;
  // Apollo Server gives some of its rejections of persisted queries a status and no code.
  const status = typeof http === "object" && http !== null && "status" in http ? Number(http.status) : 0;
  return status >= 400 && status < 500 ? "BAD_REQUEST" : undefined;
}
