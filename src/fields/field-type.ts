import type { RuleOptions } from "../validation/rule.ts";

/** A class with declared fields. */
export type DeclaringClass<Instance extends object = object> = new () => Instance;

/** What a field is in the JSON of the REST API. */
export type JsonType =
  | { readonly type: "string"; readonly maxLength?: number; readonly values?: readonly string[] }
  | { readonly type: "boolean" | "integer" | "number" }
  | { readonly type: "object"; readonly getClass: () => DeclaringClass }
  | { readonly type: "array"; readonly items: JsonType };

/** What a field can hold, in the graph and in the REST API. */
export interface FieldType<Value> {
  /** For type-graphql. */
  readonly getGraphqlType: () => unknown;
  readonly json: JsonType;
  /** class-validator's decorators. */
  readonly getRules?: (options?: RuleOptions) => readonly PropertyDecorator[];
  /** Of a list: whether its items may be null. */
  readonly hasNullableItems?: boolean;
  /** What the rules ask for, as a sentence for the description. */
  readonly hint?: string;
  /** Of an enum: GraphQL value → REST value. */
  readonly restValues?: Readonly<Record<string, string>>;
  /** @param keepsNulls whether a null inside means something, as it does in an update. */
  toJson(value: Value, keepsNulls: boolean): unknown;
  /**
   * Reads the field's JSON, which is neither absent nor null.
   * @param path where it is in the response.
   * @throws UnexpectedResponse
   */
  parse(json: unknown, path: string): Value | null;
}
