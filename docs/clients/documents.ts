// From contactswing-bff 0.1.0 (074c5791): docs/clients/documents.ts. What changes is in docs/changelog.md.
import { graphql } from "gql.tada";

export const createActionMutation = graphql(`
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

export const actionsQuery = graphql(`
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
