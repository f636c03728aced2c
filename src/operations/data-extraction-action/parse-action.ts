import { isRecord } from "../../contactswing/json.ts";
import type { ActionDetails, DataExtractionWebhook } from "./data-extraction-action.ts";
import { type DataExtractionResponseType, restResponseTypes } from "./enums.ts";

export const dataExtractionType = "SINGLEDATAEXTRACTION";

/** Thrown for a value of the wrong JSON type; see {@link parseOrUndefined}. */
class WrongType extends Error {}

/** The details in an action's REST form. A field that is missing is null. @throws WrongType */
export function parseDetails(action: Readonly<Record<string, unknown>>): ActionDetails {
  return {
    description: optionalString(action.description),
    isActive: optionalBoolean(action.is_active),
    webhook: parseWebhook(action.webhook),
  };
}

/** What `parse` returns; undefined if it came across a value of the wrong JSON type. */
export function parseOrUndefined<Result>(parse: () => Result): Result | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof WrongType) return undefined;
    throw error;
  }
}

function parseWebhook(webhook: unknown): DataExtractionWebhook | null {
  if (webhook === undefined || webhook === null) return null;
  if (!isRecord(webhook)) throw new WrongType();
  const rawType = optionalString(webhook.type);
  return {
    mandatory: optionalBoolean(webhook.mandatory),
    name: optionalString(webhook.name),
    description: optionalString(webhook.description),
    type: toResponseType(rawType),
    rawType,
    syncData: optionalBoolean(webhook.sync_data),
    syncModule: optionalString(webhook.sync_module),
    syncField: optionalString(webhook.sync_field),
  };
}

function toResponseType(rawType: string | null): DataExtractionResponseType | null {
  const types = Object.keys(restResponseTypes) as DataExtractionResponseType[];
  return types.find((type) => restResponseTypes[type] === rawType) ?? null;
}

function optionalString(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") throw new WrongType();
  return value;
}

function optionalBoolean(value: unknown): boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "boolean") throw new WrongType();
  return value;
}
