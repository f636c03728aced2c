import type { DeclaringClass, JsonType } from "../fields/field-type.ts";
import { listFields } from "../fields/rest-field.ts";
import type { OpenApiDocument } from "./openapi-document.ts";

const maxDepth = 12;

/**
 * A value that a schema allows, with every field present; undefined where the schema says nothing.
 * @param text the value of every text that may be it.
 */
export function createSample(schema: unknown, document: OpenApiDocument, text: string, depth = 0): unknown {
  const [alternative] = document.listAlternatives(schema);
  if (alternative === undefined || depth > maxDepth) return undefined;
  const { types, values, properties, items } = alternative;
  const createInner = (inner: unknown) => createSample(inner, document, text, depth + 1);
  if (values !== undefined) return values.includes(text) ? text : values[0];
  if (properties !== undefined) {
    return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, createInner(property)]));
  }
  if (types.includes("array")) return [createInner(items)];
  if (types.includes("object")) return {};
  if (types.includes("boolean")) return true;
  if (types.includes("integer") || types.includes("number")) return 1;
  return types.includes("string") ? text : undefined;
}

/** The REST form of an input with a value in every field. */
export function createExample(declaring: DeclaringClass): object {
  return Object.fromEntries(listFields(declaring).map(({ restName, type }) => [restName, toExample(type.json)]));
}

function toExample(json: JsonType): unknown {
  switch (json.type) {
    case "object":
      return createExample(json.getClass());
    case "array":
      return [toExample(json.items)];
    case "string":
      return json.values?.[0] ?? "example";
    case "boolean":
      return true;
    default:
      return 1;
  }
}
