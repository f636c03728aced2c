import { type ApolloServer, HeaderMap, type HTTPGraphQLRequest } from "@apollo/server";
import type { FastifyInstance, FastifyRequest, HTTPMethods } from "fastify";
import type { GraphQLFormattedError } from "graphql";
import Negotiator from "negotiator";
import { endOfTurn } from "../end-of-turn.ts";
import type { RequestContext } from "../graphql/context.ts";
import { isPageRequest, type RespondToBrowser } from "../playground/playground.ts";
import { type OperationRecord, startRecord } from "../telemetry/operation-record.ts";
import { createLoadShedding } from "./load-shedding.ts";
import { sendProtocolFailure } from "./protocol-failures.ts";
import { type Telemetry, watchRequest } from "./watch-request.ts";

export interface GraphqlRouteDependencies {
  readonly apollo: ApolloServer<RequestContext>;
  readonly createContext: (request: FastifyRequest, record: OperationRecord) => RequestContext;
  readonly telemetry: Telemetry;
  readonly answerBrowser: RespondToBrowser;
  readonly isOverloaded: () => boolean;
}

const path = "/graphql";
const otherMethods: HTTPMethods[] = ["DELETE", "HEAD", "OPTIONS", "PATCH", "PUT"];
// With their charset, as they are sent: a range in `Accept` may name it (RFC 9110, section 12.5.1).
const mediaTypes = ["application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"];

// The headers that Apollo Server looks at. The caller's token is not for it: for the CSRF check it is enough to
// know that there is one.
const forwardedHeaders = ["accept", "content-type", "x-apollo-operation-name", "apollo-require-preflight"] as const;

/** GraphQL over HTTP on one path, by Apollo Server; every request leaves one log line, its metrics and a span. */
export function registerGraphqlRoute(
  app: FastifyInstance,
  { apollo, createContext, telemetry, answerBrowser, isOverloaded }: GraphqlRouteDependencies,
): void {
  const hooks = watchRequest(app, telemetry);
  app.route({
    ...hooks,
    onRequest: [hooks.onRequest, createLoadShedding(isOverloaded)],
    method: ["GET", "POST"],
    url: path,
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      if (isPageRequest(request)) return answerBrowser(request, reply);
      // Apollo Server looks at this only when it writes the answer: a write would be done and its answer withheld.
      if (!isAnswerAcceptable(request)) return sendProtocolFailure(request, reply, 406);
      const record = request.record ?? startRecord(request.id);
      // Made out here: what Apollo Server says of a context that fails quotes the error.
      const context = createContext(request, record);
      const response = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: toGraphqlRequest(request),
        context: async () => context,
      });
      if (response.body.kind !== "complete") throw new Error("incremental delivery is not part of this schema");
      reply.code(response.status ?? 200);
      for (const [name, value] of response.headers) reply.header(name, value);
      const isRefused = reply.statusCode >= 400 && record.errorCodes === undefined;
      await endOfTurn();
      return reply.send(isRefused ? completeErrors(response.body.string, record) : response.body.string);
    },
  });
  app.route({
    ...hooks,
    method: otherMethods,
    url: path,
    handler: (request, reply) => sendProtocolFailure(request, reply.header("allow", "GET, POST"), 405),
  });
}

function isAnswerAcceptable({ headers: { accept } }: FastifyRequest): boolean {
  return (
    accept === undefined ||
    accept === "*/*" ||
    accept === "application/json" ||
    new Negotiator({ headers: { accept } }).mediaType(mediaTypes) !== undefined
  );
}

function toGraphqlRequest({ method, url, headers, body }: FastifyRequest): HTTPGraphQLRequest {
  const forwarded = new HeaderMap();
  for (const name of forwardedHeaders) {
    const value = headers[name];
    if (typeof value === "string") forwarded.set(name, value);
  }
  if (headers.authorization !== undefined) forwarded.set("authorization", "present");
  const queryAt = url.indexOf("?");
  return { method, headers: forwarded, search: queryAt < 0 ? "" : url.slice(queryAt), body };
}

/** Adds the request id to errors that Apollo Server raised before it knew of any operation. */
function completeErrors(body: string, record: OperationRecord): string {
  const { errors } = JSON.parse(body) as { errors: GraphQLFormattedError[] };
  record.errorCodes = errors.map(({ extensions }) => String(extensions?.code));
  const completed = errors.map((error) => ({
    ...error,
    extensions: { ...error.extensions, requestId: record.requestId },
  }));
  return JSON.stringify({ errors: completed });
}
