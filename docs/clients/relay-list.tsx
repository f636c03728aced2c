// From contactswing-bff 0.1.0 (5e51b601): docs/clients/relay-list.tsx. What changes is in docs/changelog.md.
import { graphql, useLazyLoadQuery, usePaginationFragment } from "react-relay";
import type { relayListActions$key } from "./__generated__/relayListActions.graphql";
import type { relayListQuery } from "./__generated__/relayListQuery.graphql";
import type { relayListRefetchQuery } from "./__generated__/relayListRefetchQuery.graphql";

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
  const { data, hasNext, isLoadingNext, loadNext } = usePaginationFragment<relayListRefetchQuery, relayListActions$key>(
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
        }
      }
    `,
    query,
  );
  return (
    <>
      <ul>
        {data.dataExtractionActions?.edges.map(({ node }) => (
          <li key={node.id}>{node.name}</li>
        ))}
      </ul>
      {hasNext && (
        <button type="button" disabled={isLoadingNext} onClick={() => loadNext(pageSize)}>
          More
        </button>
      )}
    </>
  );
}
