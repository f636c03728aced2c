import type { FastifyInstance } from "fastify";
import { describeFailure } from "../graphql/public-error.ts";
import { isGraphqlRequest, sendErrors } from "./error-responses.ts";

const retryAfterSeconds = 1;

/**
 * Rejects requests to `/graphql` before their body is read while the service is overloaded. A POST may be a mutation, so
 * the response says what a mutation's must: nothing was created, and the request can be sent again.
 */
export function setUpLoadShedding(app: FastifyInstance, isOverloaded: () => boolean): void {
  app.addHook("onRequest", (request, reply, done) => {
    if (!isGraphqlRequest(request) || !isOverloaded()) return done();
    const effect = request.method === "POST" ? "create" : "read";
    const error = describeFailure({ kind: "overloaded", retryAfterSeconds }, effect, request.id);
    void sendErrors(request, reply.header("retry-after", retryAfterSeconds), 503, [error]);
  });
}
