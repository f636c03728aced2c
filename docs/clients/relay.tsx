// From contactswing-bff 0.1.0 (a8d7416d): docs/clients/relay.tsx. What changes is in docs/changelog.md.
import { useState } from "react";
import { graphql, RelayEnvironmentProvider, useMutation } from "react-relay";
import { Environment, type FetchFunction, Network, RecordSource, Store } from "relay-runtime";
import type { relayCreateActionMutation } from "./__generated__/relayCreateActionMutation.graphql";
import { CreateActionForm, type CreateActionInput, type CreatedAction } from "./create-action-form";
import type { Result } from "./send-with-retries";

export function createRelayEnvironment(url: string, getToken: () => string): Environment {
  const fetchResponse: FetchFunction = async ({ text, name, operationKind }, variables) => {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json",
        authorization: `Bearer ${getToken()}`,
      },
      body: JSON.stringify({ query: text, operationName: name, variables }),
    });
    const body = await response.json();
    // With some data, Relay would take a page that failed for an empty list.
    return operationKind === "query" && body.errors ? { ...body, data: null } : body;
  };
  return new Environment({ network: Network.create(fetchResponse), store: new Store(new RecordSource()) });
}

export function CreateAction() {
  const [commit] = useMutation<relayCreateActionMutation>(graphql`
    mutation relayCreateActionMutation($input: CreateDataExtractionActionInput!) {
      createDataExtractionAction(input: $input) {
        action {
          id
          name
          isActive
        }
      }
    }
  `);
  const create = (input: CreateActionInput) =>
    new Promise<Result<CreatedAction>>((resolve) => {
      commit({
        variables: { input },
        // A response with data and errors ends here, one without data in onError.
        onCompleted: ({ createDataExtractionAction }, errors) =>
          resolve({ data: createDataExtractionAction?.action, error: errors ?? undefined }),
        onError: (error) => resolve({ error }),
      });
    });
  return <CreateActionForm create={create} />;
}

export function App({ url, getToken }: { url: string; getToken: () => string }) {
  const [environment] = useState(() => createRelayEnvironment(url, getToken));
  return (
    <RelayEnvironmentProvider environment={environment}>
      <CreateAction />
    </RelayEnvironmentProvider>
  );
}
