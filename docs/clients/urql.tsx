import { graphql } from "gql.tada";
import { useState } from "react";
import { Client, cacheExchange, fetchExchange, Provider, useMutation } from "urql";
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

export function createUrqlClient(url: string, getToken: () => string): Client {
  return new Client({
    url,
    exchanges: [cacheExchange, fetchExchange],
    preferGetMethod: false,
    fetchOptions: () => ({ headers: { authorization: `Bearer ${getToken()}` } }),
  });
}

export function CreateAction() {
  const [, createAction] = useMutation(createActionMutation);
  return (
    <CreateActionForm
      create={async (input) => {
        const { data, error } = await createAction({ input });
        return { data: data?.createDataExtractionAction?.action, error };
      }}
    />
  );
}

export function App({ url, getToken }: { url: string; getToken: () => string }) {
  const [client] = useState(() => createUrqlClient(url, getToken));
  return (
    <Provider value={client}>
      <CreateAction />
    </Provider>
  );
}
