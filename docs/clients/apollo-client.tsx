// From contactswing-bff 0.1.0 (9b3c03d8): docs/clients/apollo-client.tsx. What changes is in docs/changelog.md.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { ApolloProvider, useApolloClient, useMutation, useQuery } from "@apollo/client/react";
import { graphql } from "gql.tada";
import { useState } from "react";
import { from, of, switchMap, throwError } from "rxjs";
import { ActionList, ActionRows, type PageProps } from "./action-list";
import { CreateActionForm } from "./create-action-form";
import { findNoResponse } from "./explain-no-response";
import { findAction } from "./find-action";
import { readFailure } from "./read-failure";
import { needsNewToken, type Session } from "./session";

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

const actionsQuery = graphql(`
  query Actions($first: Int!, $after: String, $filter: DataExtractionActionFilter) {
    dataExtractionActions(first: $first, after: $after, filter: $filter) {
      edges {
        node {
          id
          name
          isActive
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export function createApolloClient(url: string, session: Session): ApolloClient {
  const addToken = new SetContextLink(({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${session.getToken()}` },
  }));
  // Sends the request once more: what `forward` returns does not pass this link again.
  const refreshToken = new ErrorLink(({ error, result, operation, forward }) => {
    if (!needsNewToken(readFailure(error))) return undefined;
    const refreshed = session.refreshToken().then(
      () => true,
      () => false,
    );
    return from(refreshed).pipe(
      switchMap((isRefreshed) => {
        if (isRefreshed) return forward(operation);
        return result === undefined ? throwError(() => error) : of(result);
      }),
    );
  });
  return new ApolloClient({
    link: ApolloLink.from([refreshToken, addToken, new HttpLink({ uri: url })]),
    // Each page of the list is cached by its arguments.
    cache: new InMemoryCache(),
    clientAwareness: { name: "action-console", version: "1.0.0" },
  });
}

function ActionsPage({ pageSize, after, filter, onMore }: PageProps) {
  const { data, error, loading, refetch } = useQuery(actionsQuery, { variables: { first: pageSize, after, filter } });
  return (
    <ActionRows
      page={data?.dataExtractionActions}
      error={error}
      isLoading={loading}
      readAgain={() => void refetch()}
      after={after}
      onMore={onMore}
    />
  );
}

function CreateAction({ url }: { url: string }) {
  const client = useApolloClient();
  const [createAction] = useMutation(createActionMutation, {
    // With the default error policy an action that was created would be discarded if one of its details fails.
    errorPolicy: "all",
    // Every page that is shown: the new action belongs wherever ContactSwing's order puts it.
    refetchQueries: ({ data }) => (data?.createDataExtractionAction ? ["Actions"] : []),
  });
  return (
    <CreateActionForm
      create={async (input) => {
        const { data, error } = await createAction({ variables: { input } });
        return { data: data?.createDataExtractionAction?.action, error };
      }}
      find={(name) =>
        findAction(name, async (after) => {
          const variables = { first: 100, after, filter: { nameContains: name } };
          const { data } = await client.query({ query: actionsQuery, variables, fetchPolicy: "network-only" });
          if (!data?.dataExtractionActions) throw new Error("the list could not be read");
          return data.dataExtractionActions;
        })
      }
      findNoResponse={() => findNoResponse(url)}
    />
  );
}

interface AppProps {
  readonly url: string;
  readonly session: Session;
  readonly pageSize?: number;
}

export function App({ url, session, pageSize = 20 }: AppProps) {
  const [client] = useState(() => createApolloClient(url, session));
  return (
    <ApolloProvider client={client}>
      <CreateAction url={url} />
      <ActionList Page={ActionsPage} pageSize={pageSize} />
    </ApolloProvider>
  );
}
