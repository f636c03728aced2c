import type { Operation } from "../operation.ts";
import { DataExtractionActionsResolver } from "./resolver.ts";
import { listActions } from "./rest.ts";

export const dataExtractionActions: Operation = {
  rest: listActions,
  Resolver: DataExtractionActionsResolver,
};
