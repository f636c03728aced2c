import { registerEnumType } from "type-graphql";

export interface EnumValue {
  readonly description: string;
  /** ContactSwing's value. */
  readonly rest: string;
}

/** An enum of the graph and its values in the REST API. */
export interface EnumDefinition<Name extends string> {
  /** The internal values are the names, because buildSubgraphSchema passes defaults by name (federation#2782). */
  readonly names: { readonly [Key in Name]: Key };
  readonly restValues: Readonly<Record<Name, string>>;
  /** The name of a REST value; null for one that the graph does not know. */
  findName(restValue: string): Name | null;
}

export function defineEnum<Name extends string>(
  name: string,
  description: string,
  values: Readonly<Record<Name, EnumValue>>,
): EnumDefinition<Name> {
  const keys = Object.keys(values) as Name[];
  const toRecord = <Value>(toValue: (key: Name) => Value) =>
    Object.fromEntries(keys.map((key) => [key, toValue(key)])) as Record<Name, Value>;
  const names = toRecord((key) => key) as { readonly [Key in Name]: Key };
  registerEnumType(names, {
    name,
    description,
    valuesConfig: toRecord((key) => ({ description: values[key].description })),
  });
  return {
    names,
    restValues: toRecord((key) => values[key].rest),
    findName: (restValue) => keys.find((key) => values[key].rest === restValue) ?? null,
  };
}
