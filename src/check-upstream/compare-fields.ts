import { isRecord } from "../contactswing/json.ts";
import type { OpenApiDocument, Schema } from "./openapi-document.ts";
import type { SentField } from "./sent-fields.ts";

/** What about a field differs. */
export type Aspect = "fields" | "required" | "types" | "enums" | "limits";

export interface Difference {
  readonly aspect: Aspect;
  /** The field's path in the request body, and what differs. */
  readonly text: string;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Objects about whose fields the document says nothing. */
  readonly open: readonly string[];
}

/** Compares the fields that the service sends with the schema of an object. Of a union, the closest member counts. */
export function compareObject(
  fields: readonly SentField[],
  schema: unknown,
  document: OpenApiDocument,
  path: readonly string[] = [],
): Comparison {
  return closest(document.listAlternatives(schema), (alternative) => compareWith(fields, alternative, document, path));
}

/** The comparison with the alternative that differs least. */
function closest(alternatives: readonly Schema[], compare: (schema: Schema) => Comparison): Comparison {
  const [first = { differences: [], open: [] }, ...others] = alternatives.map(compare);
  return others.reduce((best, one) => (one.differences.length < best.differences.length ? one : best), first);
}

function compareWith(
  fields: readonly SentField[],
  schema: Schema,
  document: OpenApiDocument,
  path: readonly string[],
): Comparison {
  if (schema.type !== undefined && !listTypes(schema).includes("object")) {
    const text = `${path.join(".") || "the body"}: ${listTypes(schema).join(" or ")} instead of object`;
    return { differences: [{ aspect: "types", text }], open: [] };
  }
  if (!isRecord(schema.properties)) return { differences: [], open: [path.join(".") || "the body"] };
  const { properties } = schema;
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const nameOf = (name: string) => [...path, name].join(".");

  const unknown = fields
    .filter(({ restName }) => properties[restName] === undefined)
    .map(({ restName }) => {
      const fate = schema.additionalProperties === false ? "rejected" : "not known";
      return { aspect: "fields" as const, text: `${nameOf(restName)}: ${fate}` };
    });
  const demanded = required.flatMap((name) => {
    const field = fields.find(({ restName }) => restName === name);
    if (field?.isAlwaysSent) return [];
    const what = field === undefined ? "required, but never sent" : "required, but optional in the graph";
    return [{ aspect: "required" as const, text: `${nameOf(name)}: ${what}` }];
  });
  const known = fields
    .filter(({ restName }) => properties[restName] !== undefined)
    .map((field) => compareField(field, properties[field.restName], document, [...path, field.restName]));
  return {
    differences: [...unknown, ...demanded, ...known.flatMap(({ differences }) => differences)],
    open: known.flatMap(({ open }) => open),
  };
}

function compareField(
  field: SentField,
  schema: unknown,
  document: OpenApiDocument,
  path: readonly string[],
): Comparison {
  if (field.fields !== undefined) return compareObject(field.fields, schema, document, path);
  const name = path.join(".");
  return closest(document.listAlternatives(schema), (alternative) => ({
    differences: [
      ...compareType(field, alternative),
      ...compareValues(field, alternative),
      ...compareLimits(field, alternative),
    ].map(({ aspect, text }) => ({ aspect, text: `${name}: ${text}` })),
    open: [],
  }));
}

function compareType({ type }: SentField, schema: Schema): Difference[] {
  const types = listTypes(schema);
  return types.length === 0 || types.includes(type)
    ? []
    : [{ aspect: "types", text: `${types.join(" or ")} instead of ${type}` }];
}

function compareValues({ values: sent }: SentField, schema: Schema): Difference[] {
  const accepted = Array.isArray(schema.enum) ? schema.enum : "const" in schema ? [schema.const] : undefined;
  if (accepted === undefined) return [];
  const list = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join(", ");
  if (sent === undefined) return [{ aspect: "enums", text: `only ${list(accepted)}, but any text in the graph` }];
  const lacking = accepted.filter((value) => value !== null && !sent.includes(String(value)));
  const refused = sent.filter((value) => !accepted.includes(value));
  return [
    ...(lacking.length > 0 ? [{ aspect: "enums" as const, text: `the graph lacks ${list(lacking)}` }] : []),
    ...(refused.length > 0 ? [{ aspect: "enums" as const, text: `${list(refused)} not accepted` }] : []),
  ];
}

/** A limit that ContactSwing does not document is no difference: the limits are this service's own. */
function compareLimits({ maxLength: ours, values }: SentField, schema: Schema): Difference[] {
  if (ours === undefined || values !== undefined) return [];
  const { maxLength: theirs, minLength, pattern } = schema;
  const texts: string[] = [];
  if (typeof theirs === "number" && theirs !== ours) {
    texts.push(`at most ${theirs} characters, ${theirs < ours ? "stricter" : "looser"} than ${ours} here`);
  }
  if (typeof minLength === "number" && minLength > 1)
    texts.push(`at least ${minLength} characters, stricter than 1 here`);
  if (typeof pattern === "string") texts.push(`must match ${pattern}, which is not checked here`);
  return texts.map((text) => ({ aspect: "limits", text }));
}

function listTypes({ type }: Schema): string[] {
  return (Array.isArray(type) ? type : type === undefined ? [] : [type]).map(String).filter((name) => name !== "null");
}
