import type { RestOperation } from "../contactswing/rest-operation.ts";
import { operations } from "../operations/index.ts";

/** The part of an operation's description that the sandbox needs. */
export type RestRoute = Pick<RestOperation<never, unknown>, "name" | "method" | "path">;

export const restRoutes: readonly RestRoute[] = operations.map(({ rest }) => rest);
