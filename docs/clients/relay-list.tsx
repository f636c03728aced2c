// From contactswing-bff 0.1.0 (f8ce9464): docs/clients/relay-list.tsx. What changes is in docs/changelog.md.
import { useState } from "react";
import { graphql, useLazyLoadQuery, usePaginationFragment } from "react-relay";
import type { relayListActions$key } from "./__generated__/relayListActions.graphql";
import type { relayListQuery } from "./__generated__/relayListQuery.graphql";
import type { relayListRefetchQuery } from "./__generated__/relayListRefetchQuery.graphql";
import { ActionRows } from "./action-list";

/** Render inside a Suspense boundary and an error boundary. */
export function ActionList({ pageSize = 20 }: { pageSize?: number }) {
  const query = useLazyLoadQuery<relayListQuery>(
    graphql`
      query relayListQuery($first: Int!) {
        ...relayListActions @arguments(first: $first)
      }
    `,
    { first: pageSize },
  );
  return <Actions query={query} pageSize={pageSize} />;
}

function Actions({ query, pageSize }: { query: relayListActions$key; pageSize: number }) {
  const [error, setError] = useState<Error | null>(null);
  const { data, isLoadingNext, loadNext } = usePaginationFragment<relayListRefetchQuery, relayListActions$key>(
    graphql`
      fragment relayListActions on Query
      @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" })
      @refetchable(queryName: "relayListRefetchQuery") {
        dataExtractionActions(first: $first, after: $after) @connection(key: "relayList_dataExtractionActions") {
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
    `,
    query,
  );
  const loadMore = () => {
    setError(null);
    loadNext(pageSize, { onComplete: setError });
  };
  return (
    <ActionRows
      page={data.dataExtractionActions}
      error={error}
      isLoading={isLoadingNext}
      readAgain={loadMore}
      after={null}
      onMore={isLoadingNext || error ? undefined : loadMore}
    />
  );
}
