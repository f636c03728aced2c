// From contactswing-bff 0.1.0 (bbec79d9): docs/clients/apollo-client.tsx. What changes is in docs/changelog.md.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { ApolloProvider, useApolloClient, useMutation, useQuery } from "@apollo/client/react";
import { useMemo } from "react";
import { from, of, switchMap, throwError } from "rxjs";
import { ActionList, ActionRows, type PageProps } from "./action-list";
import { CreateActionForm } from "./create-action-form";
import { actionsQuery, createActionMutation } from "./documents";
import { mayHaveCreated } from "./explain-failure";
import { findNoResponse } from "./explain-no-response";
import { findAction } from "./find-action";
import { readFailure } from "./read-failure";
import { createTokenRefresh, needsNewToken, type Session } from "./session";

export function createApolloClient(url: string, session: Session): ApolloClient {
  const addToken = new SetContextLink(({ headers }) => {
    const token = session.getToken();
    return { token, headers: { ...headers, authorization: `Bearer ${token}` } };
  });
  const replaceToken = createTokenRefresh(session);
  // Sends the request once more: what `forward` returns does not pass this link again.
  const refreshToken = new ErrorLink(({ error, result, operation, forward }) => {
    if (!needsNewToken(readFailure(error))) return undefined;
    const { token } = operation.getContext();
    return from(replaceToken(token)).pipe(
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
  const { data, error, loading, refetch } = useQuery(actionsQuery, {
    variables: { first: pageSize, after, filter },
    // Pages of another filter are not read again after a create request.
    fetchPolicy: "cache-and-network",
  });
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

function CreateAction({ url, user }: { url: string; user: string }) {
  const client = useApolloClient();
  const [createAction] = useMutation(createActionMutation, {
    // With the default error policy an action that was created would be discarded if one of its details fails.
    errorPolicy: "all",
    // Every page that is shown: the new action belongs wherever ContactSwing's order puts it.
    refetchQueries: (result) =>
      result.data?.createDataExtractionAction || mayHaveCreated(readFailure(result)) ? ["Actions"] : [],
  });
  return (
    <CreateActionForm
      user={user}
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
  // After a new sign-in the list is read again.
  const client = useMemo(() => createApolloClient(url, session), [url, session]);
  return (
    <ApolloProvider client={client}>
      <CreateAction url={url} user={session.user} />
      <ActionList Page={ActionsPage} pageSize={pageSize} />
    </ApolloProvider>
  );
}
