import { isRecord } from "../contactswing/json.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** A JSON Schema of an OpenAPI document, as FastAPI writes it for pydantic 1 (3.0) and 2 (3.1). */
export type Schema = JsonObject;

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly isRequired: boolean;
  readonly schema: unknown;
}

/** One operation of an OpenAPI document. Every part is undefined where the document does not say. */
export interface DocumentedOperation {
  readonly parameters: readonly Parameter[];
  /** Where the credentials belong, if not in `Authorization`. */
  readonly credentialPlaces: readonly string[];
  readonly requestSchema: unknown;
  /** The schema of the first documented 2xx. */
  readonly responseSchema: unknown;
}

export interface OpenApiDocument {
  readonly version: string;
  find(method: string, path: string): DocumentedOperation | undefined;
  /** Paths that differ only in their punctuation. */
  findSimilar(path: string): string[];
  /** The alternatives that a schema allows besides null, with references and `allOf` resolved. */
  listAlternatives(schema: unknown): Schema[];
}

// A reference may lead to itself, and a schema may contain itself.
const maxDepth = 20;

/** Reads an OpenAPI document; undefined if it is none. */
export function readOpenApi(document: unknown): OpenApiDocument | undefined {
  if (!isRecord(document) || typeof document.openapi !== "string" || !isRecord(document.paths)) return undefined;
  const { openapi: version, paths, components, security: commonSecurity } = document;

  /** The object that a value is or refers to; an empty one if there is none. */
  function resolve(value: unknown, depth = 0): JsonObject {
    if (!isRecord(value)) return {};
    if (typeof value.$ref !== "string") return value;
    const words = value.$ref.replace(/^#\//, "").split("/").map(decodePointer);
    const target = words.reduce<unknown>((part, word) => asObject(part)[word], document);
    return depth > maxDepth ? {} : resolve(target, depth + 1);
  }

  function listAlternatives(schema: unknown, depth = 0): Schema[] {
    const { anyOf, oneOf, allOf, ...own } = resolve(schema);
    if (depth > maxDepth) return [];
    // Of each union one member holds, and of `allOf` each.
    const unions = [...asArray(allOf).map((part) => [part]), anyOf, oneOf].filter(Array.isArray);
    return unions
      .reduce<Schema[]>(
        (merged, union) => {
          const members = union.flatMap((member) => listAlternatives(member, depth + 1));
          return merged.flatMap((one) => members.map((member) => merge(one, member)));
        },
        [own],
      )
      .filter(({ type, const: value }) => type !== "null" && value !== null);
  }

  function readJsonSchema(value: unknown): unknown {
    const types = Object.entries(asObject(resolve(value).content));
    return asObject(types.find(([type]) => /\bjson\b/.test(type))?.[1]).schema;
  }

  function readParameter(value: unknown): Parameter {
    const { name, in: place, required, schema } = resolve(value);
    return { name: String(name), in: String(place), isRequired: required === true, schema };
  }

  /** Of alternatives that need other credentials than `Authorization` the first, unless one of them does not. */
  function listCredentialPlaces(security: unknown): string[] {
    const alternatives = asArray(security).map((alternative) =>
      Object.keys(asObject(alternative))
        .map((name) => resolve(asObject(asObject(components).securitySchemes)[name]))
        .filter(({ type }) => type === "apiKey")
        .map(({ in: place, name }) => `${place} ${name}`)
        .filter((place) => place.toLowerCase() !== "header authorization"),
    );
    return alternatives.every((places) => places.length > 0) ? (alternatives[0] ?? []) : [];
  }

  return {
    version,
    find(method, path) {
      const item = resolve(Object.entries(paths).find(([candidate]) => unnamed(candidate) === unnamed(path))?.[1]);
      const operation = item[method.toLowerCase()];
      if (!isRecord(operation)) return undefined;
      const success = Object.entries(asObject(operation.responses)).find(([status]) => /^2/.test(status))?.[1];
      return {
        parameters: [...asArray(item.parameters), ...asArray(operation.parameters)].map(readParameter),
        credentialPlaces: listCredentialPlaces(operation.security ?? commonSecurity),
        requestSchema: readJsonSchema(operation.requestBody),
        responseSchema: readJsonSchema(success),
      };
    },
    findSimilar: (path) => Object.keys(paths).filter((candidate) => squeeze(candidate) === squeeze(path)),
    listAlternatives: (schema) => listAlternatives(schema),
  };
}

/** Both must hold. */
function merge(one: Schema, other: Schema): Schema {
  const properties = { ...asObject(one.properties), ...asObject(other.properties) };
  const required = [...asArray(one.required), ...asArray(other.required)];
  return {
    ...one,
    ...other,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
  };
}

const asObject = (value: unknown): JsonObject => (isRecord(value) ? value : {});
const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** The names of a path's parameters do not matter. */
const unnamed = (path: string) => path.replace(/\{[^}]*\}/g, "{}");
const squeeze = (path: string) =>
  unnamed(path)
    .toLowerCase()
    .replace(/[^a-z0-9{]/g, "");
const decodePointer = (word: string) => decodeURIComponent(word).replaceAll("~1", "/").replaceAll("~0", "~");
