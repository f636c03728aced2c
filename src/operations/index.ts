// First: the decorators of the operations need it.
import "reflect-metadata";
import { createDataExtractionAction } from "./create-data-extraction-action/operation.ts";
import { dataExtractionAction } from "./data-extraction-action/operation.ts";
import { dataExtractionActions } from "./data-extraction-actions/operation.ts";
import type { Operation } from "./operation.ts";

/** What the graph offers. */
export const operations: readonly Operation[] = [
  createDataExtractionAction,
  dataExtractionAction,
  dataExtractionActions,
];
