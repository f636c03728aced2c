import type { FastifyRequest } from "fastify";
import Negotiator from "negotiator";

export const graphqlPath = "/graphql";

export const jsonType = "application/json; charset=utf-8";

/** In the order of preference. */
const typeWithCharset: Readonly<Record<string, string>> = {
  "application/json": jsonType,
  "application/graphql-response+json": "application/graphql-response+json; charset=utf-8",
};

export function isGraphqlRequest({ url, is404, routeOptions }: FastifyRequest): boolean {
  const end = url.indexOf("?");
  const path = end < 0 ? url : url.slice(0, end);
  // The router also accepts an absolute URL, percent-encoded letters, and a fragment.
  return path === graphqlPath || (!is404 && routeOptions?.url === graphqlPath);
}

/** The media type for a response from `/graphql`; undefined if the caller accepts neither of the two. */
export function negotiateMediaType({ headers: { accept = "" } }: FastifyRequest): string | undefined {
  // Parameters of a range, such as a version, do not matter; its quality does.
  const ranges = accept.replace(/;(?!\s*q\s*=)[^;,]*/gi, "").trim();
  if (ranges === "" || ranges === "*/*" || ranges === "application/json") return jsonType;
  const type = new Negotiator({ headers: { accept: ranges } }).mediaType(Object.keys(typeWithCharset));
  return type === undefined ? undefined : typeWithCharset[type];
}
