// First: the decorators of the operations need it.
import "reflect-metadata";
import { createDataExtractionAction } from "./create-data-extraction-action/resolver.ts";
import { dataExtractionAction } from "./data-extraction-action/resolver.ts";
import { dataExtractionActions } from "./data-extraction-actions/resolver.ts";
import type { Operation } from "./operation.ts";

/** What the graph offers. */
export const operations: readonly Operation[] = [
  createDataExtractionAction,
  dataExtractionAction,
  dataExtractionActions,
];
