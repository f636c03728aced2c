import { registerEnumType } from "type-graphql";

// Each internal value is its GraphQL name: buildSubgraphSchema hands out enum defaults by name (federation#2782).
// The values of the REST API stand in rest-mapping.ts.

export const DataExtractionActionTiming = { DURING: "DURING" } as const;
export type DataExtractionActionTiming = keyof typeof DataExtractionActionTiming;

export const DataExtractionActionType = { SINGLEDATAEXTRACTION: "SINGLEDATAEXTRACTION" } as const;
export type DataExtractionActionType = keyof typeof DataExtractionActionType;

export const DataExtractionResponseType = { YES_NO: "YES_NO" } as const;
export type DataExtractionResponseType = keyof typeof DataExtractionResponseType;

registerEnumType(DataExtractionActionTiming, {
  name: "DataExtractionActionTiming",
  description: "When the voice agent triggers the action.",
  valuesConfig: { DURING: { description: "While the call is going on." } },
});

registerEnumType(DataExtractionActionType, {
  name: "DataExtractionActionType",
  description: "The kind of a data extraction action.",
  valuesConfig: { SINGLEDATAEXTRACTION: { description: "Finds out one piece of data and stores it." } },
});

registerEnumType(DataExtractionResponseType, {
  name: "DataExtractionResponseType",
  description: "The form of answer that the voice agent looks for.",
  valuesConfig: { YES_NO: { description: "Yes or no; `yes/no` in ContactSwing's REST API." } },
});
