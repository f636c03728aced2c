/** What every gateway has to forward to the service: the caller's token, and what its logs and traces are searched by. */
export const forwardedHeaders: readonly string[] = [
  "authorization",
  "x-request-id",
  "apollographql-client-name",
  "apollographql-client-version",
  "traceparent",
  "tracestate",
];
