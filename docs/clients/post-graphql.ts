// From contactswing-bff 0.1.0 (6521e8c9): docs/clients/post-graphql.ts. What changes is in docs/changelog.md.
import { readFailure } from "./read-failure";
import { createTokenRefresh, needsNewToken, type Session } from "./session";

/** A GraphQL response. It can have data and errors, and one with a status other than 200 has the same form. */
interface GraphqlResponse {
  readonly data?: unknown;
  readonly errors?: readonly unknown[];
}

/** Sends GraphQL requests, each once more with a new token if its token is rejected. Rejects if there was no GraphQL response. */
export function createPost(url: string, session: Session): (request: object) => Promise<GraphqlResponse> {
  const replaceToken = createTokenRefresh(session);
  async function send(request: object, token: string): Promise<GraphqlResponse> {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json",
        authorization: `Bearer ${token}`,
      },
      body: JSON.stringify(request),
    });
    return response.json();
  }
  return async (request) => {
    const token = session.getToken();
    const response = await send(request, token);
    if (!needsNewToken(readFailure(response))) return response;
    return (await replaceToken(token)) ? send(request, session.getToken()) : response;
  };
}
