import { type GraphqlResponse, minimalInput, onlyError } from "./graphql.ts";
import { eventually } from "./process.ts";
import { createdResponse, hold, type ScriptedResponse, startUpstream } from "./upstream.ts";

export const keyed = { ...minimalInput, idempotencyKey: "key-1" };

export const payloadOf = ({ body }: GraphqlResponse) => body.data.createDataExtractionAction;

/** The error's code, or `replayed` of the payload. */
export const resultOf = (response: GraphqlResponse): string | boolean =>
  response.body.errors ? onlyError(response).extensions.code : payloadOf(response).replayed;

/** An upstream that holds its response until the test releases it, except for actions whose name is "free". */
export async function startHeldUpstream(response: ScriptedResponse = createdResponse) {
  const held = hold(() => response);
  const upstream = await startUpstream((request, socket) =>
    request.body.includes('"free"') ? response : held.respond(request, socket),
  );
  return { upstream, release: held.release, arrival: () => eventually(() => upstream.received[0]) };
}
