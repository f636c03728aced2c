import type { Operation } from "../operation.ts";
import { CreateDataExtractionActionResolver } from "./resolver.ts";
import { postAction } from "./rest.ts";

export const createDataExtractionAction: Operation = {
  rest: postAction,
  Resolver: CreateDataExtractionActionResolver,
};
