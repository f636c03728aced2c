// From contactswing-bff 0.1.0 (cc087ff6): docs/clients/urql.tsx. What changes is in docs/changelog.md.
import { authExchange } from "@urql/exchange-auth";
import { useMemo } from "react";
import {
  Client,
  cacheExchange,
  fetchExchange,
  makeOperation,
  mapExchange,
  Provider,
  useClient,
  useMutation,
  useQuery,
} from "urql";
import { ActionList, ActionRows, type PageProps } from "./action-list";
import { CreateActionForm } from "./create-action-form";
import { actionsQuery, createActionMutation } from "./documents";
import { mayHaveCreated } from "./explain-failure";
import { findNoResponse } from "./explain-no-response";
import { findAction } from "./find-action";
import { readFailure } from "./read-failure";
import { createTokenRefresh, needsNewToken, type Session } from "./session";

export function createUrqlClient(url: string, session: Session): Client {
  const replaceToken = createTokenRefresh(session);
  let rejectedToken = "";
  const auth = authExchange(async ({ appendHeaders }) => ({
    addAuthToOperation(operation) {
      const token = session.getToken();
      const withToken = makeOperation(operation.kind, operation, { ...operation.context, token });
      return appendHeaders(withToken, { authorization: `Bearer ${token}` });
    },
    // An operation is sent once more after that, never a third time.
    didAuthError(error, { context: { token } }) {
      rejectedToken = token;
      return needsNewToken(readFailure(error));
    },
    async refreshAuth() {
      await replaceToken(rejectedToken);
    },
  }));
  // The cache reads again what a create request changed, which it cannot see if that failed and may have created an action.
  const markChange = mapExchange({
    onResult: (result) =>
      mayHaveCreated(readFailure(result.error))
        ? {
            ...result,
            operation: makeOperation("mutation", result.operation, { ...result.operation.context, ...ofActions }),
          }
        : result,
  });
  return new Client({ url, exchanges: [cacheExchange, markChange, auth, fetchExchange], preferGetMethod: false });
}

// An empty page contains no action by which a create request would make it outdated.
const ofActions = { additionalTypenames: ["DataExtractionAction"] };

function ActionsPage({ pageSize, after, filter, onMore }: PageProps) {
  const [{ data, error, fetching }, readAgain] = useQuery({
    query: actionsQuery,
    variables: { first: pageSize, after, filter },
    context: ofActions,
  });
  return (
    <ActionRows
      page={data?.dataExtractionActions}
      error={error}
      isLoading={fetching}
      readAgain={() => readAgain({ requestPolicy: "network-only" })}
      after={after}
      onMore={onMore}
    />
  );
}

function CreateAction({ url, user }: { url: string; user: string }) {
  const client = useClient();
  const [, createAction] = useMutation(createActionMutation);
  return (
    <CreateActionForm
      user={user}
      create={async (input) => {
        const { data, error } = await createAction({ input });
        return { data: data?.createDataExtractionAction?.action, error };
      }}
      find={(name) =>
        findAction(name, async (after) => {
          const variables = { first: 100, after, filter: { nameContains: name } };
          const { data } = await client.query(actionsQuery, variables, { requestPolicy: "network-only" });
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
  const client = useMemo(() => createUrqlClient(url, session), [url, session]);
  return (
    <Provider value={client}>
      <CreateAction url={url} user={session.user} />
      <ActionList Page={ActionsPage} pageSize={pageSize} />
    </Provider>
  );
}
