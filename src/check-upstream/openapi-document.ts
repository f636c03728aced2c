import { isRecord } from "../text/json.ts";
import { NotChecked } from "./check.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** What a JSON Schema says, as FastAPI writes it for pydantic 1 (OpenAPI 3.0) and 2 (3.1). */
export type Schema = ReturnType<typeof readSchema>;
export type OpenApiDocument = ReturnType<typeof readOpenApi>;
export type DocumentedOperation = NonNullable<ReturnType<OpenApiDocument["find"]>>;

// A reference may lead to itself, and a schema may contain itself.
const maxDepth = 20;

/** Reads an OpenAPI document. @throws NotChecked if it is none. */
export function readOpenApi(document: unknown) {
  if (!isRecord(document) || typeof document.openapi !== "string" || !isRecord(document.paths)) {
    throw new NotChecked("no document: not OpenAPI 3");
  }
  const { openapi: version, paths, components, security: commonSecurity } = document;

  /** The object that a value is or refers to; an empty one if there is none. */
  function resolve(value: unknown, depth = 0): JsonObject {
    const own = asObject(value);
    if (typeof own.$ref !== "string") return own;
    const words = own.$ref.replace(/^#\//, "").split("/").map(decodePointer);
    const target = words.reduce<unknown>((part, word) => asObject(part)[word], document);
    return depth > maxDepth ? {} : resolve(target, depth + 1);
  }

  function listAlternatives(schema: unknown, depth = 0): Schema[] {
    const own = resolve(schema);
    // FastAPI writes `allOf` only around a single reference.
    const members = [own.anyOf, own.oneOf, own.allOf].find(Array.isArray);
    if (members !== undefined && depth < maxDepth) {
      return members.flatMap((member) => listAlternatives(member, depth + 1));
    }
    return own.type === "null" || own.const === null ? [] : [readSchema(own)];
  }

  function readJsonSchema(value: unknown): unknown {
    const types = Object.entries(asObject(resolve(value).content));
    return asObject(types.find(([type]) => /\bjson\b/.test(type))?.[1]).schema;
  }

  function readParameter(value: unknown) {
    const { name, in: place, required, schema } = resolve(value);
    return { name: String(name), place: String(place), isRequired: required === true, schema };
  }

  /** Where the credentials belong, if every alternative needs others than `Authorization`. */
  function listCredentialPlaces(security: unknown): readonly string[] {
    const alternatives = asArray(security).map((alternative) =>
      Object.keys(asObject(alternative))
        .map((name) => resolve(asObject(asObject(components).securitySchemes)[name]))
        .filter(({ type }) => type === "apiKey")
        .map(({ in: place, name }) => `${place} ${name}`)
        .filter((place) => place.toLowerCase() !== "header authorization"),
    );
    return alternatives.every((places) => places.length > 0) ? alternatives.flat() : [];
  }

  return {
    version,
    /** One operation. What the document does not say is undefined. */
    find(method: string, path: string) {
      const item = resolve(Object.entries(paths).find(([candidate]) => unnamed(candidate) === unnamed(path))?.[1]);
      const operation = item[method.toLowerCase()];
      if (!isRecord(operation)) return undefined;
      const success = Object.entries(asObject(operation.responses)).find(([status]) => /^2/.test(status))?.[1];
      return {
        parameters: [...asArray(item.parameters), ...asArray(operation.parameters)].map(readParameter),
        credentialPlaces: listCredentialPlaces(operation.security ?? commonSecurity),
        requestSchema: readJsonSchema(operation.requestBody),
        /** Of the first documented 2xx. */
        responseSchema: readJsonSchema(success),
      };
    },
    /** Paths that differ only in their punctuation. */
    findSimilar: (path: string) => Object.keys(paths).filter((candidate) => squeeze(candidate) === squeeze(path)),
    /** The alternatives that a schema allows besides null, with references resolved. */
    listAlternatives: (schema: unknown) => listAlternatives(schema),
  };
}

function readSchema({ type, properties, items, required, additionalProperties, ...own }: JsonObject) {
  return {
    types: [type].flat().filter((name) => name !== undefined && name !== "null"),
    /** Undefined if any value of the types is accepted. */
    values: Array.isArray(own.enum) ? own.enum : own.const === undefined ? undefined : [own.const],
    /** Undefined if nothing is said about them. */
    properties: isRecord(properties) ? properties : undefined,
    required: asArray(required).map(String),
    acceptsOthers: additionalProperties !== false,
    items,
    maxLength: own.maxLength,
    minLength: own.minLength,
    pattern: own.pattern,
    minimum: own.minimum,
    maximum: own.maximum,
    default: own.default,
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
