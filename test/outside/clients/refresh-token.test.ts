import { gql } from "@apollo/client";
import { expect, test } from "@jest/globals";
import { createApolloClient } from "./recipes/apollo-client";
import type { Session } from "./recipes/session";
import { createUrqlClient } from "./recipes/urql";
import { demoToken, startSandboxedService } from "./service.mjs";

const pageQuery = gql`
  query Page($first: Int!) {
    dataExtractionActions(first: $first) {
      edges {
        cursor
      }
    }
  }
`;

type Read = (first: number) => Promise<unknown>;

test.each<[string, (url: string, session: Session) => Read]>([
  [
    "Apollo Client",
    (url, session) => {
      const client = createApolloClient(url, session);
      return (first) => client.query({ query: pageQuery, variables: { first } });
    },
  ],
  [
    "urql",
    (url, session) => {
      const client = createUrqlClient(url, session);
      return (first) => client.query(pageQuery, { first }).toPromise();
    },
  ],
])("%s replaces a token once for all requests that it was rejected for", async (_name, createRead) => {
  const { url } = await startSandboxedService();
  let token = "expired";
  let refreshes = 0;
  const read = createRead(`${url}/graphql`, {
    user: "demo",
    getToken: () => token,
    async refreshToken() {
      refreshes += 1;
      token = demoToken;
    },
  });

  const results = await Promise.all([read(1), read(2), read(3)]);

  for (const result of results) expect(result).toMatchObject({ data: { dataExtractionActions: {} } });
  expect(refreshes).toBe(1);
});
