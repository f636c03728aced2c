import { type ApolloServer, HeaderMap, type HTTPGraphQLRequest } from "@apollo/server";
import { context } from "@opentelemetry/api";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLFormattedError } from "graphql";
import { endOfTurn } from "../end-of-turn.ts";
import { isPageRequest, type RespondToBrowser } from "../playground/playground.ts";
import type { RequestContext } from "../request-context.ts";
import type { RequestRecord } from "../telemetry/request-record.ts";
import { sendErrors, sendHttpError } from "./error-responses.ts";
import { graphqlPath, negotiateMediaType } from "./graphql-request.ts";

export interface GraphqlRouteDependencies {
  readonly apollo: ApolloServer<RequestContext>;
  readonly createContext: (request: FastifyRequest, record: RequestRecord) => RequestContext;
  /** Responds to a browser that opens `/graphql`. */
  readonly respondToBrowser: RespondToBrowser;
}

/** The headers that Apollo Server looks at. It does not get the token: its CSRF check needs to know only that there is one. */
const forwardedHeaders = ["accept", "content-type", "x-apollo-operation-name", "apollo-require-preflight"] as const;

/** GraphQL over HTTP on one path, by Apollo Server. */
export function registerGraphqlRoute(
  app: FastifyInstance,
  { apollo, createContext, respondToBrowser }: GraphqlRouteDependencies,
): void {
  async function handle(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { record } = request;
    if (record === null) throw new Error("requests to this path are observed");
    // Apollo Server checks this only when it writes the response: a write would be done and its response withheld.
    if (negotiateMediaType(request) === undefined) return sendHttpError(request, reply, 406);
    // Created here, because Apollo Server quotes the error of a context that cannot be created.
    const contextValue = createContext(request, record);
    const response = await context.with(record.traceContext, () =>
      apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: toGraphqlRequest(request),
        context: async () => contextValue,
      }),
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

function toGraphqlRequest({ method, url, headers, body }: FastifyRequest): HTTPGraphQLRequest {
  const forwarded = new HeaderMap();
  for (const name of forwardedHeaders) {
    const value = headers[name];
    if (typeof value === "string") forwarded.set(name, value);
  }
  if (headers.authorization !== undefined) forwarded.set("authorization", "present");
  return { method, headers: forwarded, search: toSearch(url), body };
}

/** The query string without empty parameters, which count as absent. */
function toSearch(url: string): string {
  const start = url.indexOf("?");
  if (start < 0) return "";
  const given = [...new URLSearchParams(url.slice(start))].filter(([, value]) => value !== "");
  return `?${new URLSearchParams(given)}`;
}

function addRequestId(body: string, requestId: string): GraphQLFormattedError[] {
  const { errors } = JSON.parse(body) as { errors: GraphQLFormattedError[] };
  return errors.map((error) => ({ ...error, extensions: { ...error.extensions, requestId } }));
}
