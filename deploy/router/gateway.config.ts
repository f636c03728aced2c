// Settings of Hive Gateway for a federated graph with contactswing-bff in it; `hive-gateway supergraph` reads this file.

/** What the subgraph needs of the client's request: on whose behalf it acts, and the ids that tie the logs together. */
const forwardedHeaders = ["authorization", "x-request-id", "traceparent"] as const;

export const gatewayConfig = {
  propagateHeaders: {
    fromClientToSubgraphs({ request }: { readonly request: Request }) {
      return Object.fromEntries(forwardedHeaders.map((name) => [name, request.headers.get(name)]));
    },
  },
  // Errors of subgraphs pass with their extensions; only unexpected errors of the gateway itself are masked.
  maskedErrors: true,
  // Longer than a create and the read of its details may take, so that it is the subgraph that says how a call ended.
  upstreamTimeout: 30_000,
};
