import { expect, test } from "@jest/globals";
import { createApolloClient } from "./recipes/apollo-client";
import { actionsQuery } from "./recipes/documents";
import { demoToken, startSandboxedService } from "./service.mjs";

test("Apollo Client replaces a token once for all requests that were rejected with it", async () => {
  const { url } = await startSandboxedService();
  let token = "expired";
  let refreshes = 0;
  const client = createApolloClient(`${url}/graphql`, {
    getToken: () => token,
    async refreshToken() {
      refreshes += 1;
      token = demoToken;
    },
  });

  const results = await Promise.all(
    [1, 2, 3].map((first) => client.query({ query: actionsQuery, variables: { first } })),
  );

  expect(results.map(({ data }) => data?.dataExtractionActions?.edges.length)).toEqual([1, 2, 3]);
  expect(refreshes).toBe(1);
});
