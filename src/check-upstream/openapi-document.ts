import { isRecord } from "../contactswing/json.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** A JSON Schema of an OpenAPI document, as FastAPI writes it for pydantic 1 (3.0) and 2 (3.1). */
export type Schema = JsonObject;

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly isRequired: boolean;
  readonly schema: Schema;
}

/** One operation of an OpenAPI document. Every part is undefined where the document does not say. */
export interface DocumentedOperation {
  readonly parameters: readonly Parameter[];
  /** Headers other than `Authorization` that hold the credentials, if nothing else is accepted. */
  readonly credentialHeaders: readonly string[];
  readonly requestSchema: Schema | undefined;
  /** The schema of the first documented 2xx. */
  readonly responseSchema: Schema | undefined;
}

export interface OpenApiDocument {
  readonly version: string;
  find(method: string, path: string): DocumentedOperation | undefined;
  /** Paths that differ only in their punctuation. */
  findSimilar(path: string): string[];
  /** The alternatives that a schema allows besides null, with references and `allOf` resolved. */
  listAlternatives(schema: unknown): Schema[];
}

/** Reads an OpenAPI document; undefined if it is none. */
export function readOpenApi(document: unknown): OpenApiDocument | undefined {
  if (!isRecord(document) || typeof document.openapi !== "string" || !isRecord(document.paths)) return undefined;
  const { openapi: version, paths } = document;

  function resolve(value: unknown): JsonObject | undefined {
    let resolved = value;
    // A reference may lead to another one, but not endlessly.
    for (let steps = 0; isRecord(resolved) && typeof resolved.$ref === "string" && steps < 20; steps += 1) {
      const words = resolved.$ref.replace(/^#\//, "").split("/").map(decodePointer);
      resolved = words.reduce<unknown>((part, word) => (isRecord(part) ? part[word] : undefined), document);
    }
    return isRecord(resolved) ? resolved : undefined;
  }

  function listAlternatives(schema: unknown, depth = 0): Schema[] {
    const own = resolve(schema);
    if (own === undefined || depth > 20) return [];
    const { anyOf, oneOf, allOf, ...rest } = own;
    const unions = [anyOf, oneOf].filter(Array.isArray);
    const parts = Array.isArray(allOf) ? allOf.map((part) => listAlternatives(part, depth + 1)) : [];
    const bases = parts.reduce<Schema[]>(
      (merged, alternatives) => merged.flatMap((one) => alternatives.map((other) => merge(one, other))),
      [rest],
    );
    const all = unions.reduce<Schema[]>((merged, union) => {
      const members = union.flatMap((member) => listAlternatives(member, depth + 1));
      return merged.flatMap((one) => members.map((member) => merge(one, member)));
    }, bases);
    return all.filter(({ type, const: value }) => type !== "null" && value !== null);
  }

  function jsonSchema(content: unknown): Schema | undefined {
    const json = isRecord(content) ? Object.entries(content).find(([type]) => /\bjson\b/.test(type))?.[1] : undefined;
    return isRecord(json) && isRecord(json.schema) ? json.schema : undefined;
  }

  function readParameter(value: unknown): Parameter[] {
    const { name, in: place, required, schema } = resolve(value) ?? {};
    if (typeof name !== "string" || typeof place !== "string") return [];
    return [{ name, in: place, isRequired: required === true, schema: isRecord(schema) ? schema : {} }];
  }

  function listCredentialHeaders(security: unknown): string[] {
    const schemes = isRecord(document) && isRecord(document.components) ? document.components.securitySchemes : {};
    const alternatives = (Array.isArray(security) ? security : []).filter(isRecord).map((alternative) =>
      Object.keys(alternative).flatMap((name) => {
        const { type, in: place, name: header } = resolve(isRecord(schemes) ? schemes[name] : undefined) ?? {};
        const isOther = type === "apiKey" && (place !== "header" || String(header).toLowerCase() !== "authorization");
        return isOther ? [`${place} ${header}`] : [];
      }),
    );
    return alternatives.some((others) => others.length === 0) ? [] : (alternatives[0] ?? []);
  }

  return {
    version,
    find(method, path) {
      const found = Object.entries(paths).find(([candidate]) => unnamed(candidate) === unnamed(path))?.[1];
      const item = resolve(found) ?? {};
      const operation = item[method.toLowerCase()];
      if (!isRecord(operation)) return undefined;
      const { parameters, requestBody, responses, security = document.security } = operation;
      const success = Object.entries(isRecord(responses) ? responses : {}).find(([status]) => /^2/.test(status))?.[1];
      return {
        parameters: [item.parameters, parameters]
          .flatMap((list) => (Array.isArray(list) ? list : []))
          .flatMap(readParameter),
        credentialHeaders: listCredentialHeaders(security),
        requestSchema: jsonSchema(resolve(requestBody)?.content),
        responseSchema: jsonSchema(resolve(success)?.content),
      };
    },
    findSimilar: (path) => Object.keys(paths).filter((candidate) => squeeze(candidate) === squeeze(path)),
    listAlternatives: (schema) => listAlternatives(schema),
  };
}

/** Both must hold. */
function merge(one: Schema, other: Schema): Schema {
  const properties = { ...asObject(one.properties), ...asObject(other.properties) };
  const required = [one.required, other.required].flatMap((names) => (Array.isArray(names) ? names : []));
  return {
    ...one,
    ...other,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
  };
}

const asObject = (value: unknown) => (isRecord(value) ? value : {});
/** The names of a path's parameters do not matter. */
const unnamed = (path: string) => path.replace(/\{[^}]*\}/g, "{}");
const squeeze = (path: string) =>
  unnamed(path)
    .toLowerCase()
    .replace(/[^a-z0-9{]/g, "");
const decodePointer = (word: string) => decodeURIComponent(word).replaceAll("~1", "/").replaceAll("~0", "~");
