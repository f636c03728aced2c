import { actionTypes } from "../operations/data-extraction-action/data-extraction-action.ts";
import { isRecord } from "../text/json.ts";

const dataExtractionType = actionTypes.restValues.SINGLEDATAEXTRACTION;

import type { OpenApiDocument } from "./openapi-document.ts";

const maxDepth = 12;

/**
 * A value that a schema allows, with every field present; undefined where the schema says nothing. Texts are
 * `SINGLEDATAEXTRACTION` where that is allowed, because `type` decides how an action is read, and numbers are 1.
 */
export function createSample(schema: unknown, document: OpenApiDocument, depth = 0): unknown {
  const [alternative] = document.listAlternatives(schema);
  if (alternative === undefined || depth > maxDepth) return undefined;
  const { type, properties, items, enum: values, const: value } = alternative;
  if (value !== undefined) return value;
  if (Array.isArray(values)) return values.includes(dataExtractionType) ? dataExtractionType : values[0];
  if (isRecord(properties)) {
    return Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, createSample(property, document, depth + 1)]),
    );
  }
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  if (types.includes("array")) return [createSample(items, document, depth + 1)];
  if (types.includes("object")) return {};
  if (types.includes("boolean")) return true;
  if (types.includes("integer") || types.includes("number")) return 1;
  return types.includes("string") ? dataExtractionType : undefined;
}
