import { type GraphQLInputType, getNamedType, isEnumType, isInputObjectType, isNonNullType } from "graphql";
import type { FieldNames } from "../contactswing/field-names.ts";
import { createSubgraphSchema } from "../graphql/schema.ts";
import {
  CreateDataExtractionActionInput,
  DataExtractionWebhookInput,
} from "../operations/create-data-extraction-action/input.ts";
import { postAction } from "../operations/create-data-extraction-action/rest.ts";
import { readMaxLength } from "../validation/text-rules.ts";

/** A field of the request body that the service sends. */
export interface SentField {
  readonly restName: string;
  readonly type: "string" | "boolean" | "object";
  /** Whether every create request has it. */
  readonly isAlwaysSent: boolean;
  /** The only values that are sent. */
  readonly values?: readonly string[];
  /** In code points. */
  readonly maxLength?: number;
  readonly fields?: readonly SentField[];
}

const inputClasses: Readonly<Record<string, new () => object>> = {
  CreateDataExtractionActionInput,
  DataExtractionWebhookInput,
};

/** The fields of a create request, derived from the operation's names, the graph's input types, and the text rules. */
export function listSentFields(): SentField[] {
  const { schema } = createSubgraphSchema();
  const { args = [] } = schema.getMutationType()?.getFields()[postAction.name] ?? {};
  const input = args.find(({ name }) => name === postAction.argument);
  if (input === undefined) throw new Error(`${postAction.name} has no argument ${postAction.argument}`);
  return describeFields(postAction.fieldNames, input.type);
}

function describeFields(names: FieldNames, objectType: GraphQLInputType): SentField[] {
  const type = getNamedType(objectType);
  if (!isInputObjectType(type)) throw new Error(`${type.name} is not an input type`);
  const inputClass = inputClasses[type.name];
  return Object.entries(names).map(([name, entry]) => {
    const field = type.getFields()[name];
    if (field === undefined) throw new Error(`${type.name} has no field ${name}`);
    const { restName, fields, values } = typeof entry === "string" ? { restName: entry } : entry;
    const common = { restName, isAlwaysSent: isNonNullType(field.type) };
    const named = getNamedType(field.type);
    if (fields !== undefined) return { ...common, type: "object", fields: describeFields(fields, field.type) };
    if (isEnumType(named)) {
      const sent = named.getValues().map((value) => values?.[value.name] ?? value.name);
      return { ...common, type: "string", values: sent };
    }
    if (named.name === "Boolean") return { ...common, type: "boolean" };
    const maxLength = inputClass && readMaxLength(inputClass, name);
    return { ...common, type: "string", ...(maxLength === undefined ? {} : { maxLength }) };
  });
}
