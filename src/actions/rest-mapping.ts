import type { RestActionInput, RestWebhook } from "../contactswing/rest-api.ts";
import type {
  CreateDataExtractionActionInput,
  DataExtractionWebhookInput,
} from "./create-data-extraction-action-input.ts";
import type { DataExtractionResponseType } from "./enums.ts";

// The one place where the graph's camelCase and the REST API's snake_case meet: every field of the input is written
// out here, in the order in which it is sent.

type NameTable<Input, Rest> = { readonly [Field in keyof Required<Input>]: keyof Rest };

const actionNames = {
  name: "name",
  description: "description",
  actionTiming: "action_timing",
  type: "type",
  webhook: "webhook",
} satisfies NameTable<Omit<CreateDataExtractionActionInput, "idempotencyKey">, RestActionInput>;

const webhookNames = {
  mandatory: "mandatory",
  name: "name",
  description: "description",
  type: "type",
  syncData: "sync_data",
  syncModule: "sync_module",
  syncField: "sync_field",
} satisfies NameTable<DataExtractionWebhookInput, RestWebhook>;

// What only answers have.
const answerNames = { id: "action_id", ctxId: "ctx_id", isActive: "is_active" };

const responseTypes = { YES_NO: "yes/no" } satisfies Record<DataExtractionResponseType, string>;

/** The REST body of a create. What is absent or null is left out; every other value goes as it was given. */
export function toRestAction(input: CreateDataExtractionActionInput): RestActionInput {
  const { webhook } = input;
  const restWebhook = rename({ ...webhook, type: webhook.type && responseTypes[webhook.type] }, webhookNames);
  return rename({ ...input, webhook: restWebhook }, actionNames) as unknown as RestActionInput;
}

function rename(source: object, names: Readonly<Record<string, string>>): Record<string, unknown> {
  const given = source as Readonly<Record<string, unknown>>;
  const renamed: Record<string, unknown> = {};
  for (const name in names) {
    const value = given[name];
    if (value !== undefined && value !== null) renamed[names[name] as string] = value;
  }
  return renamed;
}

/** A field of the REST body as the graph names it, with the fields inside it. */
export interface GraphField {
  readonly name: string;
  readonly fields: ReadonlyMap<string, GraphField>;
}

const noFields: ReadonlyMap<string, GraphField> = new Map();

function toGraphFields(
  names: Readonly<Record<string, string>>,
  inner: Record<string, ReadonlyMap<string, GraphField>>,
): ReadonlyMap<string, GraphField> {
  return new Map(
    Object.entries(names).map(([name, restName]) => [restName, { name, fields: inner[name] ?? noFields }]),
  );
}

/** REST name → the graph's field, level by level, for turning an upstream `loc` into a GraphQL path. */
export const graphFields = toGraphFields(actionNames, { webhook: toGraphFields(webhookNames, {}) });

/** REST word → the graph's word, for turning ContactSwing's messages into the graph's language. */
export const graphWords: ReadonlyMap<string, string> = new Map(
  [actionNames, webhookNames, answerNames, responseTypes]
    .flatMap((names) => Object.entries(names))
    .map(([name, restName]) => [restName, name]),
);
