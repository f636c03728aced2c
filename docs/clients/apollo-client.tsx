import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ApolloProvider, useMutation } from "@apollo/client/react";
import { graphql } from "gql.tada";
import { useState } from "react";
import { CreateActionForm } from "./create-action-form";

const createActionMutation = graphql(`
  mutation CreateAction($input: CreateDataExtractionActionInput!) {
    createDataExtractionAction(input: $input) {
      action {
        id
        name
        isActive
      }
    }
  }
`);

export function createApolloClient(url: string, getToken: () => string): ApolloClient {
  const addToken = new SetContextLink(({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${getToken()}` },
  }));
  return new ApolloClient({
    link: ApolloLink.from([addToken, new HttpLink({ uri: url })]),
    cache: new InMemoryCache(),
    clientAwareness: { name: "action-console", version: "1.0.0" },
  });
}

export function CreateAction() {
  // With Apollo's default error policy an action that was created would be discarded if one of its details fails.
  const [createAction] = useMutation(createActionMutation, { errorPolicy: "all" });
  return (
    <CreateActionForm
      create={async (input) => {
        const { data, error } = await createAction({ variables: { input } });
        return { data: data?.createDataExtractionAction?.action, error };
      }}
    />
  );
}

export function App({ url, getToken }: { url: string; getToken: () => string }) {
  const [client] = useState(() => createApolloClient(url, getToken));
  return (
    <ApolloProvider client={client}>
      <CreateAction />
    </ApolloProvider>
  );
}
