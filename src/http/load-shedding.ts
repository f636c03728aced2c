import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { describeFailure } from "../graphql/public-error.ts";
import { isGraphqlRequest, sendErrors } from "./error-responses.ts";

const retryAfterSeconds = 1;

/**
 * Rejects requests to `/graphql` before their body is read while the service is overloaded or has no memory for them.
 * Health and metrics stay: a process that is restarted for being busy loses its requests.
 */
export function setUpLoadShedding(app: FastifyInstance, isOverloaded: () => boolean): void {
  app.addHook("onRequest", (request, reply, done) => {
    const mustShed = isGraphqlRequest(request) && (request.memory.isShort || isOverloaded());
    if (mustShed) void sendOverloaded(request, reply);
    else done();
  });
}

/** A POST may be a mutation, so the response says what a mutation's must: nothing was created, and a retry is safe. */
export function sendOverloaded(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const effect = request.method === "POST" ? "create" : "read";
  const error = describeFailure({ kind: "overloaded", retryAfterSeconds }, effect, request.id);
  return sendErrors(request, reply.header("retry-after", retryAfterSeconds), 503, [error]);
}
