import type { GraphiQLProps } from "graphiql";
import type { IdeDemo } from "../http/ide-settings.ts";

export type Tab = NonNullable<GraphiQLProps["defaultTabs"]>[number];

// GraphiQL underlines a variable whose non-null fields are missing even when they have defaults, so this one has all.
const input = {
  name: "My Data Extraction Action",
  description: "Trigger this action if the user requests data extraction.",
  actionTiming: "DURING",
  type: "SINGLEDATAEXTRACTION",
  webhook: {
    mandatory: true,
    name: "interested",
    description: "user interested on buying the product",
    type: "YES_NO",
    syncData: true,
    syncModule: "customers",
    syncField: "customer_timezone",
  },
};

const createAction: Tab = {
  query: `# Creates an action: press the button or Ctrl-Enter.
# Its input is below, your token under Headers.
mutation CreateAction($input: CreateDataExtractionActionInput!) {
  createDataExtractionAction(input: $input) {
    action {
      id
      name
      type
    }
    ctxId
    replayed
  }
}
`,
  variables: JSON.stringify({ input }, null, 2),
};

const readAction = (id: string): Tab => ({
  query: `# Reads an action by its id; null when there is none.
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
`,
});

const breakRules: Tab = {
  query: `# Breaks three rules at once: the error has
# all of them in its fieldErrors.
mutation BreakRules {
  createDataExtractionAction(
    input: {
      name: " "
      webhook: {
        description: ""
        syncData: true
        syncModule: "customers"
      }
    }
  ) {
    action {
      id
    }
  }
}
`,
};

const failOnDemand = (magicNames: readonly string[]): Tab => ({
  query: `# The sandbox fails on demand. Other names to try:
${toLines(magicNames)}
mutation FailOnDemand {
  createDataExtractionAction(
    input: { name: "sandbox:429", webhook: {} }
  ) {
    action {
      id
    }
  }
}
`,
});

const namesPerLine = 3;

function toLines(names: readonly string[]): string {
  const lines = names.flatMap((_name, index) =>
    index % namesPerLine === 0 ? [`# ${names.slice(index, index + namesPerLine).join("  ")}`] : [],
  );
  return lines.join("\n");
}

/** What the playground opens with at the first visit, ready to be run. */
export function createExamples(demo: IdeDemo | undefined): readonly [Tab, ...Tab[]] {
  return [
    createAction,
    readAction(demo?.exampleId ?? "the id that CreateAction answered"),
    breakRules,
    ...(demo === undefined ? [] : [failOnDemand(demo.magicNames)]),
  ];
}
