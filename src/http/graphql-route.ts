import { type ApolloServer, HeaderMap, type HTTPGraphQLRequest } from "@apollo/server";
import { context } from "@opentelemetry/api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLFormattedError } from "graphql";
import type { RequestContext } from "../execution/request-context.ts";
import type { RejectSource } from "../graphql/reject-source.ts";
import { isPageRequest, type RespondToBrowser } from "../playground/playground.ts";
import type { DescribedError } from "../request/record-failures.ts";
import type { RequestRecord } from "../request/request-record.ts";
import { endOfTurn } from "../timing/end-of-turn.ts";
import { HttpError, sendErrors, sendHttpError } from "./error-responses.ts";
import { graphqlPath, isGraphqlRequest, jsonType, negotiateMediaType } from "./graphql-request.ts";

export interface GraphqlRouteDependencies {
  readonly apollo: ApolloServer<RequestContext>;
  readonly rejectSource: RejectSource;
  readonly createContext: (request: FastifyRequest, record: RequestRecord) => RequestContext;
  /** Responds to a browser that opens `/graphql`. */
  readonly respondToBrowser: RespondToBrowser;
}

/** Headers that Apollo Server's CSRF check looks for. */
const preflightHeaders = ["x-apollo-operation-name", "apollo-require-preflight"] as const;

/** GraphQL over HTTP on one path, by Apollo Server. */
export function registerGraphqlRoute(app: FastifyInstance, dependencies: GraphqlRouteDependencies): void {
  const { apollo, rejectSource, createContext, respondToBrowser } = dependencies;

  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { record } = request;
    if (record === null) throw new Error("requests to this path are observed");
    // Apollo Server checks this only after execution: a write would be done and its response withheld.
    const mediaType = negotiateMediaType(request);
    if (mediaType === undefined) return sendHttpError(request, reply, 406);
    const httpGraphQLRequest = toGraphqlRequest(request, mediaType);
    const rejection = rejectSource(readSource(httpGraphQLRequest), request.id);
    if (rejection !== undefined) return sendErrors(request, reply, 400, [rejection]);
    // Created here, because Apollo Server quotes the error of a context that cannot be created.
    const contextValue = createContext(request, record);
    const response = await context.with(record.traceContext, () =>
      apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context: async () => contextValue }),
    );
    if (response.body.kind !== "complete") throw new Error("incremental delivery is not part of this schema");
    const { string: body } = response.body;
    const status = response.status ?? 200;
    await endOfTurn();
    // A GET is executed before its body has arrived, and was rejected if that is not valid HTTP.
    if (reply.sent) return reply;
    for (const [name, value] of response.headers) reply.header(name, value);
    // Apollo Server raised the errors before there was an operation, so the error gate has not seen them.
    const isRejected = status >= 400 && record.errorCodes === undefined;
    return isRejected
      ? sendErrors(request, reply, status, addRequestId(body, request.id))
      : reply.code(status).send(body);
  }

  app.addHook("onSend", (request, reply, payload, done) => {
    if (isGraphqlRequest(request) && !reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
    done(null, payload);
  });
  app.route({
    method: ["GET", "POST"],
    url: graphqlPath,
    exposeHeadRoute: false,
    handler: (request, reply) => {
      if (isPageRequest(request)) return respondToBrowser(request, reply);
      const handling = handle(request, reply);
      request.handling = handling;
      return handling;
    },
  });
}

/**
 * What Apollo Server gets of a request. Its libraries read headers with regular expressions, so it gets what was read of
 * them instead; of the token it needs to know only that there is one.
 */
function toGraphqlRequest({ method, url, headers, body }: FastifyRequest, mediaType: string): HTTPGraphQLRequest {
  const forwarded = new HeaderMap();
  // Apollo Server's default.
  if (mediaType !== jsonType) forwarded.set("accept", mediaType);
  if (headers["content-type"]) forwarded.set("content-type", readEssence(headers["content-type"]));
  for (const name of preflightHeaders) if (headers[name]) forwarded.set(name, "present");
  if (headers.authorization !== undefined) forwarded.set("authorization", "present");
  return { method, headers: forwarded, search: toSearch(url), body };
}

/** A media type without its parameters. */
function readEssence(mediaType: string): string {
  return (mediaType.split(";", 1)[0] ?? "").trim();
}

/** The query string without empty parameters, which count as absent. @throws HttpError if it is not UTF-8. */
function toSearch(url: string): string {
  const start = url.indexOf("?");
  if (start < 0) return "";
  const search = url.slice(start);
  if (!isUtf8(search)) throw new HttpError(400, "The query string is not UTF-8.");
  const given = [...new URLSearchParams(search)].filter(([, value]) => value !== "");
  return `?${new URLSearchParams(given)}`;
}

/** Whether what is percent-encoded is UTF-8. Bytes that should have been encoded are characters of Latin-1 here. */
function isUtf8(search: string): boolean {
  try {
    decodeURIComponent(search.replace(/%(?![0-9a-f]{2})/gi, "%25"));
    return !/[^\0-\x7f]/.test(search);
  } catch {
    return false;
  }
}

function readSource({ body, search }: HTTPGraphQLRequest): unknown {
  return search === ""
    ? (body as { readonly query?: unknown } | null)?.query
    : new URLSearchParams(search).get("query");
}

function addRequestId(body: string, requestId: string): DescribedError[] {
  const { errors } = JSON.parse(body) as { errors: GraphQLFormattedError[] };
  return errors.map((error) => ({ error: { ...error, extensions: { ...error.extensions, requestId } } }));
}
