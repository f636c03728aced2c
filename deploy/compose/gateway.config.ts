// Settings of Hive Gateway for deploy/compose.yaml; `hive-gateway supergraph` reads this file.

/** The caller's own token, and the ids that tie the logs of one request together. */
const forwardedHeaders = ["authorization", "x-request-id", "traceparent"] as const;

export const gatewayConfig = {
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }: { readonly request: Request }) =>
      Object.fromEntries(forwardedHeaders.map((name) => [name, request.headers.get(name)])),
  },
  // Longer than a create and the read of its details take, so that the service says how a call ended.
  upstreamTimeout: 30_000,
};
