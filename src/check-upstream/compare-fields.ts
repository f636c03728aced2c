import type { DeclaringClass, JsonType } from "../fields/field-type.ts";
import { listFields } from "../fields/rest-field.ts";
import type { OpenApiDocument, Schema } from "./openapi-document.ts";

/** What about a field can differ. */
export type FieldAspect = "fields" | "required" | "types" | "enums" | "limits";

export interface Difference {
  /** `open` if the document says nothing about the fields of an object. */
  readonly aspect: FieldAspect | "open";
  readonly text: string;
}

/**
 * Compares what the service sends with a schema. Of a union, the member that differs least counts.
 * @param path of the value, such as `webhook.sync_data`; empty for the body.
 */
export function compareValue(
  value: JsonType,
  schema: unknown,
  document: OpenApiDocument,
  path = "",
): readonly Difference[] {
  const all = document.listAlternatives(schema).map((member) => [...compareMember(value, member, document, path)]);
  return all.toSorted((a, b) => a.length - b.length)[0] ?? [];
}

function* compareMember(
  value: JsonType,
  schema: Schema,
  document: OpenApiDocument,
  path: string,
): Iterable<Difference> {
  const name = path || "the body";
  const otherType = findOtherType(value.type, schema);
  if (otherType !== undefined) yield { aspect: "types", text: `${name}: ${otherType} instead of ${value.type}` };
  switch (value.type) {
    case "object":
      if (schema.properties !== undefined) yield* compareFields(value.getClass(), schema, document, path);
      else if (otherType === undefined) yield { aspect: "open", text: name };
      break;
    case "array":
      yield* compareValue(value.items, schema.items, document, `${path}[]`);
      break;
    case "string":
      yield* compareValues(value.values, schema, name);
      if (value.maxLength !== undefined) yield* compareLimits(value.maxLength, schema, name);
  }
}

/** The documented types, if what is sent has none of them. */
export function findOtherType(sent: string, { types }: Schema): string | undefined {
  const accepted = sent === "integer" ? [sent, "number"] : [sent];
  return types.length === 0 || types.some((type) => accepted.includes(String(type))) ? undefined : types.join(" or ");
}

function* compareFields(
  declaring: DeclaringClass,
  { properties = {}, required, acceptsOthers }: Schema,
  document: OpenApiDocument,
  path: string,
): Iterable<Difference> {
  const toPath = (name: string) => (path === "" ? name : `${path}.${name}`);
  const fields = listFields(declaring);
  for (const name of required) {
    const field = fields.find(({ restName }) => restName === name);
    if (field !== undefined && !field.isNullable) continue;
    const what = field === undefined ? "never sent" : "optional in the graph";
    yield { aspect: "required", text: `${toPath(name)}: required, but ${what}` };
  }
  for (const { restName, type } of fields) {
    if (restName in properties) yield* compareValue(type.json, properties[restName], document, toPath(restName));
    else yield { aspect: "fields", text: `${toPath(restName)}: ${acceptsOthers ? "not known" : "rejected"}` };
  }
}

/** @param ours the values of the graph's enum; undefined for any text. */
function* compareValues(ours: readonly string[] | undefined, { values: theirs }: Schema, name: string) {
  if (theirs === undefined) return;
  const list = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join(", ");
  const difference = (text: string): Difference => ({ aspect: "enums", text: `${name}: ${text}` });
  if (ours === undefined) {
    yield difference(`only ${list(theirs)}, but any text in the graph`);
    return;
  }
  const lacking = theirs.filter((value) => value !== null && !ours.includes(value));
  const refused = ours.filter((value) => !theirs.includes(value));
  if (lacking.length > 0) yield difference(`the graph lacks ${list(lacking)}`);
  if (refused.length > 0) yield difference(`${list(refused)} not accepted`);
}

/** A limit that ContactSwing does not document is no difference: the limits are this service's own. */
function* compareLimits(ours: number, { maxLength: theirs, minLength, pattern }: Schema, name: string) {
  const difference = (text: string): Difference => ({ aspect: "limits", text: `${name}: ${text}` });
  if (typeof theirs === "number" && theirs !== ours) {
    const relation = theirs < ours ? "stricter" : "looser";
    yield difference(`at most ${theirs} characters, ${relation} than ${ours} here`);
  }
  if (Number(minLength) > 1) yield difference(`at least ${minLength} characters, stricter than 1 here`);
  if (pattern !== undefined) yield difference(`must match ${pattern}, which is not checked here`);
}
