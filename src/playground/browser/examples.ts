import type { GraphiQLProps } from "graphiql";

export type Tab = NonNullable<GraphiQLProps["defaultTabs"]>[number];

const createAction = `mutation CreateAction {
  createDataExtractionAction(
    input: {
      name: "My Data Extraction Action"
      description: "Trigger this action if the user requests data extraction."
      webhook: {
        mandatory: true
        name: "interested"
        description: "user interested on buying the product"
        type: YES_NO
        syncData: true
        syncModule: "customers"
        syncField: "customer_timezone"
      }
    }
  ) {
    action {
      id
      name
      type
    }
    ctxId
    replayed
  }
}
`;

const listActions = `query ListActions {
  dataExtractionActions(first: 20) {
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
`;

const readAction = (id: string) => `# Reads an action by its ID; null if it is not found.
query ReadAction {
  dataExtractionAction(id: ${JSON.stringify(id)}) {
    id
    name
    description
    isActive
    webhook {
      description
      type
      syncModule
      syncField
    }
  }
}
`;

const breakRules = `# Breaks three rules at once; fieldErrors has all of them.
mutation BreakRules {
  createDataExtractionAction(
    input: {
      name: " "
      webhook: { description: "", syncData: true, syncModule: "customers" }
    }
  ) {
    action {
      id
    }
  }
}
`;

/** The tabs of a first visit, ready to run. */
export function createExamples(exampleId = "the ID of an action"): Tab[] {
  return [createAction, listActions, readAction(exampleId), breakRules].map((query) => ({ query }));
}
