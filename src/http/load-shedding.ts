import type { FastifyInstance } from "fastify";
import { overloaded, RequestFailure } from "../failures/failure.ts";
import { isGraphqlRequest } from "./graphql-request.ts";

/**
 * Rejects requests to `/graphql` before their body is read while the service is overloaded or has no memory for them.
 * Health and metrics stay: a process that is restarted for being busy loses its requests.
 */
export function setUpLoadShedding(app: FastifyInstance, isOverloaded: () => boolean): void {
  app.addHook("onRequest", (request, _reply, done) => {
    const mustShed = isGraphqlRequest(request) && (request.memory.isShort || isOverloaded());
    done(mustShed ? new RequestFailure(overloaded) : undefined);
  });
}
