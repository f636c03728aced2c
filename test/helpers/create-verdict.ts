import { create, summarize } from "./graphql.ts";
import { responseBytes } from "./raw-upstream.ts";
import { startService } from "./service.ts";

/** The shortest response that says that an action was created. */
export const createdBody = '{"ctx_id":"c","data":{"action_id":"a"}}';
export const createdBytes = responseBytes(201, createdBody).bytes;

/** What a create request ended as: its code, its outcome, and whether it may be retried. */
export const verdicts = {
  created: "created",
  lost: "UPSTREAM_ERROR UNKNOWN",
  badCreated: "UPSTREAM_BAD_RESPONSE CREATED",
  late: "UPSTREAM_TIMEOUT UNKNOWN",
  lateCreated: "UPSTREAM_TIMEOUT CREATED",
  invalid: "BAD_USER_INPUT NOT_CREATED",
  conflict: "CONFLICT NOT_CREATED",
  rejected: "UPSTREAM_ERROR NOT_CREATED",
  unavailable: "UPSTREAM_UNAVAILABLE NOT_CREATED retryable",
} as const;

export const startOn = (port: number, environment: Record<string, string> = {}) =>
  startService({ CONTACTSWING_URL: `http://127.0.0.1:${port}`, ...environment });

/** Sends a create request. @returns one of {@link verdicts}, or another one in the same form. */
export const createVerdict = async (url: string, name = "n"): Promise<string> =>
  summarize(await create(url, { name, webhook: {} })) ?? verdicts.created;
