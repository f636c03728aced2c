import { registerEnumType } from "type-graphql";

// Internal values equal the GraphQL names, because buildSubgraphSchema passes enum defaults by name (federation#2782).
// The REST values are in the operations.

export const DataExtractionActionTiming = { DURING: "DURING" } as const;
export type DataExtractionActionTiming = keyof typeof DataExtractionActionTiming;

export const DataExtractionActionType = { SINGLEDATAEXTRACTION: "SINGLEDATAEXTRACTION" } as const;
export type DataExtractionActionType = keyof typeof DataExtractionActionType;

export const DataExtractionResponseType = { YES_NO: "YES_NO" } as const;
export type DataExtractionResponseType = keyof typeof DataExtractionResponseType;

/** GraphQL value → ContactSwing's value. */
export const restResponseTypes = { YES_NO: "yes/no" } satisfies Record<DataExtractionResponseType, string>;

registerEnumType(DataExtractionActionTiming, {
  name: "DataExtractionActionTiming",
  description: "When the voice agent triggers an action.",
  valuesConfig: { DURING: { description: "During the phone call." } },
});

registerEnumType(DataExtractionActionType, {
  name: "DataExtractionActionType",
  description: "The kind of a data extraction action.",
  valuesConfig: { SINGLEDATAEXTRACTION: { description: "Extracts a single piece of data and stores it." } },
});

registerEnumType(DataExtractionResponseType, {
  name: "DataExtractionResponseType",
  description: "The kind of response that the voice agent looks for.",
  valuesConfig: { YES_NO: { description: "Yes or no; `yes/no` in ContactSwing's REST API." } },
});
