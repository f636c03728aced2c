// Settings of Hive Gateway for a federated graph with the subgraph `contactswing` in it; `hive-gateway supergraph`
// reads this file.

/** What the subgraph needs of the client's request: on whose behalf it acts, and the ids that tie the logs together. */
const forwardedHeaders = ["authorization", "x-request-id", "traceparent"] as const;

interface SubgraphCall {
  readonly request: Request;
  readonly subgraphName: string;
}

export const gatewayConfig = {
  propagateHeaders: {
    fromClientToSubgraphs({ request, subgraphName }: SubgraphCall) {
      if (subgraphName !== "contactswing") return {};
      return Object.fromEntries(forwardedHeaders.map((name) => [name, request.headers.get(name)]));
    },
  },
  // Errors of subgraphs pass with their extensions; only unexpected errors of the gateway itself are masked.
  maskedErrors: true,
  // Longer than a create and the read of its details take at most, so that it is the subgraph that says how a call
  // ended: after a timeout of the gateway nobody knows whether the action exists.
  upstreamTimeout: 30_000,
};
