import type { SentField, SentValue } from "../contactswing/sent-field.ts";
import { isRecord } from "../text/json.ts";
import type { OpenApiDocument, Schema } from "./openapi-document.ts";

export interface Difference {
  /** What about a field differs; `open` if the document says nothing about the fields of an object. */
  readonly aspect: "fields" | "required" | "types" | "enums" | "limits" | "open";
  readonly text: string;
}

/** Compares the fields that the service sends with the schema of an object. Of a union, the closest member counts. */
export function compareObject(
  fields: readonly SentField[],
  schema: unknown,
  document: OpenApiDocument,
  path = "",
): Difference[] {
  return closest(schema, document, (alternative) => compareProperties(fields, alternative, document, path));
}

/** The differences from the alternative that differs least. */
function closest(schema: unknown, document: OpenApiDocument, compare: (schema: Schema) => Iterable<Difference>) {
  const all = document.listAlternatives(schema).map((alternative) => [...compare(alternative)]);
  return all.toSorted((a, b) => a.length - b.length)[0] ?? [];
}

function* compareProperties(
  fields: readonly SentField[],
  schema: Schema,
  document: OpenApiDocument,
  path: string,
): Iterable<Difference> {
  const name = path || "the body";
  const nameOf = (field: string) => (path ? `${path}.${field}` : field);
  const types = listTypes(schema);
  if (types.length > 0 && !types.includes("object")) {
    yield { aspect: "types", text: `${name}: ${types.join(" or ")} instead of object` };
    return;
  }
  const { properties } = schema;
  if (!isRecord(properties)) {
    yield { aspect: "open", text: name };
    return;
  }
  for (const required of Array.isArray(schema.required) ? schema.required.map(String) : []) {
    const field = fields.find(({ restName }) => restName === required);
    if (field?.isAlwaysSent) continue;
    const what = field === undefined ? "never sent" : "optional in the graph";
    yield { aspect: "required", text: `${nameOf(required)}: required, but ${what}` };
  }
  for (const field of fields) {
    const fieldName = nameOf(field.restName);
    const property = properties[field.restName];
    if (property === undefined) {
      const fate = schema.additionalProperties === false ? "rejected" : "not known";
      yield { aspect: "fields", text: `${fieldName}: ${fate}` };
    } else {
      yield* compareValue(field.value, property, document, fieldName);
    }
  }
}

function compareValue(value: SentValue, schema: unknown, document: OpenApiDocument, name: string): Difference[] {
  if (value.type === "object") return compareObject(value.fields, schema, document, name);
  return closest(schema, document, (alternative) => compareAlternative(value, alternative, document, name));
}

function* compareAlternative(
  value: Exclude<SentValue, { type: "object" }>,
  schema: Schema,
  document: OpenApiDocument,
  name: string,
): Iterable<Difference> {
  const types = listTypes(schema);
  const difference = (aspect: Difference["aspect"], text: string): Difference => ({ aspect, text: `${name}: ${text}` });
  if (types.length > 0 && !types.includes(value.type) && !(value.type === "integer" && types.includes("number"))) {
    yield difference("types", `${types.join(" or ")} instead of ${value.type}`);
  }
  if (value.type === "array") yield* compareValue(value.items, schema.items, document, `${name}[]`);
  if (value.type !== "string") return;
  const { values, maxLength: ours } = value;

  const accepted = Array.isArray(schema.enum) ? schema.enum : "const" in schema ? [schema.const] : undefined;
  const list = (texts: readonly unknown[]) => texts.map((text) => JSON.stringify(text)).join(", ");
  if (accepted !== undefined && values === undefined) {
    yield difference("enums", `only ${list(accepted)}, but any text in the graph`);
  }
  if (accepted !== undefined && values !== undefined) {
    const lacking = accepted.filter((value) => value !== null && !values.includes(String(value)));
    const refused = values.filter((value) => !accepted.includes(value));
    if (lacking.length > 0) yield difference("enums", `the graph lacks ${list(lacking)}`);
    if (refused.length > 0) yield difference("enums", `${list(refused)} not accepted`);
  }

  // A limit that ContactSwing does not document is no difference: the limits are this service's own.
  if (ours === undefined) return;
  const { maxLength: theirs, minLength, pattern } = schema;
  if (typeof theirs === "number" && theirs !== ours) {
    const relation = theirs < ours ? "stricter" : "looser";
    yield difference("limits", `at most ${theirs} characters, ${relation} than ${ours} here`);
  }
  if (typeof minLength === "number" && minLength > 1) {
    yield difference("limits", `at least ${minLength} characters, stricter than 1 here`);
  }
  if (typeof pattern === "string") {
    yield difference("limits", `must match ${pattern}, which is not checked here`);
  }
}

function listTypes({ type }: Schema): string[] {
  return (Array.isArray(type) ? type : type === undefined ? [] : [type]).map(String).filter((name) => name !== "null");
}
