// Settings of Hive Gateway for a federated graph with the subgraph `contactswing`; `hive-gateway supergraph` reads
// this file.

/** The caller's token, and what the logs and traces of the subgraph are searched by. */
const forwardedHeaders = [
  "authorization",
  "x-request-id",
  "apollographql-client-name",
  "apollographql-client-version",
  "traceparent",
  "tracestate",
] as const;

interface SubgraphRequest {
  readonly request: Request;
  readonly subgraphName: string;
}

export const gatewayConfig = {
  propagateHeaders: {
    fromClientToSubgraphs({ request, subgraphName }: SubgraphRequest) {
      if (subgraphName !== "contactswing") return {};
      return Object.fromEntries(forwardedHeaders.map((name) => [name, request.headers.get(name)]));
    },
  },
  // Errors of subgraphs are passed on with their extensions; only unexpected errors of the gateway itself are masked.
  maskedErrors: true,
  // More than REQUEST_TIMEOUT_MS + UPSTREAM_CONNECT_TIMEOUT_MS + UPSTREAM_TIMEOUT_MS of the subgraph, which still waits
  // for a create request that was sent just before the deadline: after a timeout of the gateway, it is unknown whether
  // the action exists.
  upstreamTimeout: 45_000,
};
