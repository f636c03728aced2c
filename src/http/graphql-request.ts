import type { FastifyRequest } from "fastify";
import Negotiator from "negotiator";

export const graphqlPath = "/graphql";

// With their charset, as they are sent: a range in `Accept` may name it (RFC 9110, section 12.5.1).
export const jsonType = "application/json; charset=utf-8";
const graphqlType = "application/graphql-response+json; charset=utf-8";

export function isGraphqlRequest({ url, is404, routeOptions }: FastifyRequest): boolean {
  const end = url.indexOf("?");
  const path = end < 0 ? url : url.slice(0, end);
  // The router also accepts an absolute URL, percent-encoded letters, and a fragment.
  return path === graphqlPath || (!is404 && routeOptions?.url === graphqlPath);
}

/** The media type for a response from `/graphql`; undefined if the caller accepts neither of the two. */
export function negotiateMediaType({ headers: { accept } }: FastifyRequest): string | undefined {
  if (accept === undefined || accept === "*/*" || accept === "application/json") return jsonType;
  return new Negotiator({ headers: { accept } }).mediaType([jsonType, graphqlType]);
}
