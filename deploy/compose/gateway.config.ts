// Settings of Hive Gateway for deploy/compose.yaml; `hive-gateway supergraph` reads this file.

/** The caller's token, and what the logs and traces of the subgraph are searched by. */
const forwardedHeaders = [
  "authorization",
  "x-request-id",
  "apollographql-client-name",
  "apollographql-client-version",
  "traceparent",
  "tracestate",
] as const;

export const gatewayConfig = {
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }: { readonly request: Request }) =>
      Object.fromEntries(forwardedHeaders.map((name) => [name, request.headers.get(name)])),
  },
  // More than REQUEST_TIMEOUT_MS and both upstream timeouts of the service, so that the service reports the outcome.
  upstreamTimeout: 45_000,
};
