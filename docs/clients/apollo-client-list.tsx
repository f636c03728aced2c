import { InMemoryCache } from "@apollo/client";
import { useQuery } from "@apollo/client/react";
import { relayStylePagination } from "@apollo/client/utilities";
import { graphql } from "gql.tada";

const actionsQuery = graphql(`
  query Actions($first: Int!, $after: String) {
    dataExtractionActions(first: $first, after: $after) {
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

/** A cache that appends each page to the list. */
export function createCache(): InMemoryCache {
  return new InMemoryCache({
    typePolicies: { Query: { fields: { dataExtractionActions: relayStylePagination() } } },
  });
}

export function ActionList({ pageSize = 20 }: { pageSize?: number }) {
  const { data, error, loading, fetchMore } = useQuery(actionsQuery, {
    variables: { first: pageSize },
    notifyOnNetworkStatusChange: true,
  });
  if (error) return <p role="alert">The actions could not be loaded.</p>;
  const actions = data?.dataExtractionActions;
  return (
    <>
      <ul>
        {actions?.edges.map(({ node }) => (
          <li key={node.id}>{node.name}</li>
        ))}
      </ul>
      {actions?.pageInfo.hasNextPage && (
        <button
          type="button"
          disabled={loading}
          onClick={() => void fetchMore({ variables: { after: actions.pageInfo.endCursor } })}
        >
          More
        </button>
      )}
    </>
  );
}
