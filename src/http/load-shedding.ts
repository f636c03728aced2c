import type { FastifyInstance } from "fastify";
import { overloaded, RequestFailure } from "../failures/failure.ts";
import { isGraphqlRequest } from "./graphql-request.ts";

/** Rejects requests to `/graphql` before their body is read while the event loop is overloaded. */
export function setUpLoadShedding(app: FastifyInstance, isOverloaded: () => boolean): void {
  app.addHook("onRequest", (request, _reply, done) => {
    done(isGraphqlRequest(request) && isOverloaded() ? new RequestFailure(overloaded("event-loop")) : undefined);
  });
}
