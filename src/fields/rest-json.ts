import { UnexpectedResponse } from "../contactswing/rest-operation.ts";
import { isRecord } from "../text/json.ts";
import type { DeclaringClass } from "./field-type.ts";
import { listFields } from "./rest-field.ts";

/**
 * The REST form of an input: absent fields are omitted, and every other value is sent as it is given.
 * @param keepsNulls whether a null is sent, because it clears a field, or omitted as well.
 */
export function toRestObject(declaring: DeclaringClass, input: object, keepsNulls: boolean): object {
  const given = input as Readonly<Record<string, unknown>>;
  const object: Record<string, unknown> = {};
  for (const { name, restName, type } of listFields(declaring)) {
    const value = given[name];
    if (value === undefined || (value === null && !keepsNulls)) continue;
    object[restName] = value === null ? null : type.toJson(value, keepsNulls);
  }
  return object;
}

/**
 * The fields of a class that an object in the REST API has, by their names in the graph. A nullable field that is absent
 * is absent in the result as well.
 * @param path where the object is in the response.
 * @throws UnexpectedResponse for the first field that is missing or has another JSON type than documented.
 */
export function parseFields<Instance extends object>(
  declaring: DeclaringClass<Instance>,
  json: unknown,
  path: string,
): Partial<Instance> {
  if (!isRecord(json)) throw new UnexpectedResponse(path, "object");
  const entries = listFields(declaring).flatMap(({ name, restName, type, isNullable }) => {
    const value = json[restName];
    if (value === undefined && isNullable) return [];
    return [[name, value === null && isNullable ? null : type.parse(value, `${path}.${restName}`)] as const];
  });
  return Object.fromEntries(entries) as Partial<Instance>;
}

/** The same, with null in the place of what is absent. */
export function parseObject<Instance extends object>(
  declaring: DeclaringClass<Instance>,
  json: unknown,
  path: string,
): Instance {
  const absent = Object.fromEntries(listFields(declaring).map(({ name }) => [name, null]));
  return { ...absent, ...parseFields(declaring, json, path) } as Instance;
}
