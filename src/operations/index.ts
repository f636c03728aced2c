// First: the decorators of the operations need it.
import "reflect-metadata";
import { CreateDataExtractionActionResolver } from "./create-data-extraction-action/resolver.ts";
import { postAction } from "./create-data-extraction-action/rest.ts";
import { DataExtractionActionResolver, readAction } from "./data-extraction-action/resolver.ts";
import { getAction } from "./data-extraction-action/rest.ts";
import { DataExtractionActionsResolver } from "./data-extraction-actions/resolver.ts";
import { listActions } from "./data-extraction-actions/rest.ts";
import type { Operation } from "./operation.ts";

/** What the graph offers. */
export const operations: readonly Operation[] = [
  { rest: postAction, Resolver: CreateDataExtractionActionResolver },
  { rest: getAction, Resolver: DataExtractionActionResolver, entities: { DataExtractionAction: readAction } },
  { rest: listActions, Resolver: DataExtractionActionsResolver },
];
