import type { onRequestHookHandler } from "fastify";
import { describeFailure } from "../graphql/public-error.ts";

const retryAfterSeconds = 1;

/**
 * Refuses a request before its body is read while the service cannot keep up. A POST may be a mutation, so the answer
 * says what a mutation's must: nothing was created, and the call can be sent again.
 */
export function createLoadShedding(isOverloaded: () => boolean): onRequestHookHandler {
  return (request, reply, done) => {
    if (!isOverloaded()) return done();
    const situation = { requestId: request.id, isMutation: request.method === "POST" };
    const error = describeFailure({ kind: "overloaded", retryAfterSeconds }, situation);
    if (request.record) request.record.errorCodes = [String(error.extensions?.code)];
    void reply
      .code(503)
      .header("retry-after", retryAfterSeconds)
      .send({ errors: [error] });
  };
}
