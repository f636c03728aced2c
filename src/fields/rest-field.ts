import "reflect-metadata";
import { Field } from "type-graphql";
import type { FieldNames } from "../contactswing/translator.ts";
import type { DeclaringClass, FieldType, JsonType } from "./field-type.ts";

export interface FieldOptions {
  /** For the schema. What the type's rules ask for is added. */
  readonly description: string;
  readonly isNullable?: boolean;
  /** Of an input. */
  readonly defaultValue?: unknown;
  /** Further class-validator decorators. */
  readonly rules?: readonly PropertyDecorator[];
  /** Of an entity: read by its ID when it is selected, unless it came with the object. */
  readonly isDetail?: boolean;
}

/** A field as it was declared. */
export interface DeclaredField extends FieldOptions {
  readonly name: string;
  readonly restName: string;
  readonly type: FieldType<unknown>;
}

const metadataKey = "contactswing-bff:fields";

/**
 * Declares a field of an input or object type: its name in the REST API, its type, its rules, and its description. The
 * compiler compares the type with that of the property.
 */
export function RestField<Value>(restName: string, type: FieldType<Value>, options: FieldOptions) {
  return <Key extends string>(target: { readonly [Name in Key]?: Value | null }, name: Key): void => {
    const { description, isNullable = false, defaultValue, rules = [] } = options;
    Field(type.getGraphqlType as () => StringConstructor, {
      description: type.hint === undefined ? description : `${description} ${type.hint}`,
      nullable: toNullable(isNullable, type.hasNullableItems),
      ...(defaultValue !== undefined && { defaultValue }),
    })(target, name);
    for (const rule of [...(type.getRules?.() ?? []), ...rules]) rule(target, name);
    const declared: DeclaredField = { ...options, name, restName, type };
    Reflect.defineMetadata(metadataKey, [...listFields(target.constructor), declared], target.constructor);
  };
}

/** In type-graphql's words. */
function toNullable(isNullable: boolean, hasNullableItems = false): boolean | "items" | "itemsAndList" {
  if (!hasNullableItems) return isNullable;
  return isNullable ? "itemsAndList" : "items";
}

/** The fields that a class declares, in their order. */
export function listFields(declaring: object): readonly DeclaredField[] {
  return Reflect.getOwnMetadata(metadataKey, declaring) ?? [];
}

/** The names of a class's fields in the graph and in the REST API, level by level. */
export function listFieldNames(declaring: DeclaringClass): FieldNames {
  return Object.fromEntries(
    listFields(declaring).map(({ name, restName, type: { json, restValues } }) => {
      const nested = findNestedClass(json);
      const inside = { ...(restValues && { values: restValues }), ...(nested && { fields: listFieldNames(nested) }) };
      return [name, { restName, ...inside }];
    }),
  );
}

/** The defaults of a class's fields, with those of nested objects. */
export function listDefaults(declaring: DeclaringClass): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    listFields(declaring).flatMap(({ name, type: { json }, defaultValue }) => {
      const value = json.type === "object" ? listDefaults(json.getClass()) : defaultValue;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function findNestedClass(json: JsonType): DeclaringClass | undefined {
  if (json.type === "array") return findNestedClass(json.items);
  return json.type === "object" ? json.getClass() : undefined;
}
