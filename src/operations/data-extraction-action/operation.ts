import type { Operation } from "../operation.ts";
import { readAction } from "./read-action.ts";
import { DataExtractionActionResolver } from "./resolver.ts";
import { getAction } from "./rest.ts";

export const dataExtractionAction: Operation = {
  rest: getAction,
  Resolver: DataExtractionActionResolver,
  entities: { DataExtractionAction: readAction },
};
