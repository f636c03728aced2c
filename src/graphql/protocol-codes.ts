/** What the documentation says of a code. */
export interface ProtocolCode {
  readonly when: string;
  readonly advice: string;
}

const clientBug = "A bug of the client: fix its document.";

/** Codes of the errors that Apollo Server and graphql-js raise before anything is executed. */
export const protocolCodes = {
  GRAPHQL_PARSE_FAILED: { when: "The document is not GraphQL.", advice: clientBug },
  GRAPHQL_VALIDATION_FAILED: { when: "The document does not fit the schema.", advice: clientBug },
  OPERATION_RESOLUTION_FAILURE: {
    when: "The document has no operation of the given name, or several and no name was given.",
    advice: clientBug,
  },
  OPERATION_LIMIT_EXCEEDED: {
    when: "The document has too many tokens, levels, aliases or root fields.",
    advice: "Split the operation.",
  },
  PERSISTED_QUERY_NOT_FOUND: {
    when: "The hash of a persisted query is not known here.",
    advice: "Clients send the document along with its hash by themselves.",
  },
  PERSISTED_QUERY_NOT_SUPPORTED: {
    when: "Persisted queries are off.",
    advice: "Send the document.",
  },
  BAD_REQUEST: {
    when: "The request is not one of GraphQL over HTTP, e.g. a mutation by GET, or a request that a browser may have sent for a foreign page.",
    advice: "A bug of the client: fix its request.",
  },
} as const satisfies Record<string, ProtocolCode>;
