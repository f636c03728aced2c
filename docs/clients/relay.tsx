// From contactswing-bff 0.1.0 (80fbd76b): docs/clients/relay.tsx. What changes is in docs/changelog.md.
import { useMemo } from "react";
import { graphql, RelayEnvironmentProvider, useMutation } from "react-relay";
import { Environment, type FetchFunction, type GraphQLResponse, Network, RecordSource, Store } from "relay-runtime";
import type { relayCreateActionMutation } from "./__generated__/relayCreateActionMutation.graphql";
import { CreateActionForm, type CreateActionInput, type CreatedAction } from "./create-action-form";
import { findNoResponse } from "./explain-no-response";
import { createPost } from "./post-graphql";
import type { Result } from "./send-with-retries";
import type { Session } from "./session";

export function createRelayEnvironment(url: string, session: Session): Environment {
  const post = createPost(url, session);
  const fetchResponse: FetchFunction = async ({ text, name, operationKind }, variables) => {
    const response = await post({ query: text, operationName: name, variables });
    // With some data, Relay would take a page that failed for an empty list.
    const { data } = operationKind === "query" && response.errors ? { data: null } : response;
    return { ...response, data } as GraphQLResponse;
  };
  return new Environment({ network: Network.create(fetchResponse), store: new Store(new RecordSource()) });
}

export function CreateAction({ url, user }: { url: string; user: string }) {
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
  return <CreateActionForm user={user} create={create} findNoResponse={() => findNoResponse(url)} />;
}

export function App({ url, session }: { url: string; session: Session }) {
  const environment = useMemo(() => createRelayEnvironment(url, session), [url, session]);
  return (
    <RelayEnvironmentProvider environment={environment}>
      <CreateAction url={url} user={session.user} />
    </RelayEnvironmentProvider>
  );
}
