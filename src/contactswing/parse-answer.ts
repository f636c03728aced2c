import { isNonEmptyString, isRecord } from "./json.ts";
import { singleDataExtraction } from "./rest-api.ts";

/** What a good answer to a create says. `name` and `type` are null when the answer lacks them. */
export interface CreatedAction {
  readonly actionId: string;
  readonly name: string | null;
}

/** An action as `GET /v2/_actions/{action_id}` describes it; what the answer lacks is null. */
export interface ActionDetails {
  readonly name: string;
  readonly description: string | null;
  readonly isActive: boolean | null;
  readonly webhook: WebhookDetails | null;
}

export interface WebhookDetails {
  readonly mandatory: boolean | null;
  readonly name: string | null;
  readonly description: string | null;
  readonly type: string | null;
  readonly syncData: boolean | null;
  readonly syncModule: string | null;
  readonly syncField: string | null;
}

/** Thrown inside this file for a value of the wrong JSON type. */
class WrongShape extends Error {}

/** Reads the body of a good create: undefined unless it holds an action's id, which is what must not get lost. */
export function parseCreatedAction(body: unknown): CreatedAction | undefined {
  const data = isRecord(body) ? body.data : undefined;
  if (!isRecord(data) || !isNonEmptyString(data.action_id)) return undefined;
  return { actionId: data.action_id, name: typeof data.name === "string" ? data.name : null };
}

/** Reads an action's details: null for an action of another kind, undefined when the body is not as documented. */
export function parseActionDetails(body: unknown): ActionDetails | null | undefined {
  const data = isRecord(body) ? body.data : undefined;
  if (!isRecord(data) || typeof data.type !== "string") return undefined;
  if (data.type !== singleDataExtraction) return null;
  if (typeof data.name !== "string") return undefined;
  try {
    return {
      name: data.name,
      description: optionalString(data.description),
      isActive: optionalBoolean(data.is_active),
      webhook: parseWebhook(data.webhook),
    };
  } catch (error) {
    if (error instanceof WrongShape) return undefined;
    throw error;
  }
}

function parseWebhook(webhook: unknown): WebhookDetails | null {
  if (webhook === undefined || webhook === null) return null;
  if (!isRecord(webhook)) throw new WrongShape();
  return {
    mandatory: optionalBoolean(webhook.mandatory),
    name: optionalString(webhook.name),
    description: optionalString(webhook.description),
    type: optionalString(webhook.type),
    syncData: optionalBoolean(webhook.sync_data),
    syncModule: optionalString(webhook.sync_module),
    syncField: optionalString(webhook.sync_field),
  };
}

function optionalString(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") throw new WrongShape();
  return value;
}

function optionalBoolean(value: unknown): boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "boolean") throw new WrongShape();
  return value;
}
