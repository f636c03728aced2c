import type { Socket } from "node:net";
import { startSandbox } from "./service.ts";
import { type ReceivedRequest, startUpstream } from "./upstream.ts";

interface Response {
  readonly status: number;
  readonly headers?: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: tests change any part of any body
  readonly body: any;
}

/** Changes a response of the sandbox; undefined leaves it as it is. */
export type Change = (response: Response, request: ReceivedRequest, socket: Socket) => Response | undefined;

export interface Differences {
  /** Changes of `/openapi.json` by path, e.g. `schemas.Webhook.type`; undefined removes what is there. */
  readonly openApi?: Readonly<Record<string, unknown>>;
  readonly change?: Change;
}

/** The sandbox and the OpenAPI document that fits it, except for what differs. */
export async function startDifferingContactSwing({ openApi = {}, change }: Differences = {}) {
  const sandbox = await startSandbox();
  return startUpstream(async (request, socket) => {
    const { method, path, headers } = request;
    const { authorization } = headers;
    const forwarded = await fetch(`${sandbox.url}${path}`, { method, headers: authorization ? { authorization } : {} });
    const usual =
      path === "/openapi.json"
        ? { status: 200, body: createOpenApi(openApi) }
        : { status: forwarded.status, body: await forwarded.json() };
    return change?.(usual, request, socket) ?? usual;
  });
}

type JsonSchema = Record<string, unknown>;

const text = { type: "string" };
const flag = { type: "boolean" };
const count = { type: "integer" };
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const optional = (schema: JsonSchema) => ({ anyOf: [schema, { type: "null" }] });
const json = (schema: JsonSchema) => ({ content: { "application/json": { schema } } });
const query = (name: string, schema: JsonSchema) => ({ name, in: "query", schema: { ...count, ...schema } });
const object = (properties: JsonSchema, required: string[] = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
});

const createAction = object(
  {
    name: text,
    description: optional(text),
    action_timing: { ...text, enum: ["DURING"] },
    type: { ...text, const: "SINGLEDATAEXTRACTION" },
    webhook: ref("Webhook"),
  },
  ["name", "action_timing", "type", "webhook"],
);
const webhook = object(
  {
    mandatory: optional(flag),
    name: optional(text),
    description: optional(text),
    type: optional({ ...text, enum: ["yes/no"] }),
    sync_data: optional(flag),
    sync_module: optional(text),
    sync_field: optional(text),
  },
  [],
);
const pagination = object({ current_page: count, per_page: count, has_next: flag });
const security = [{ HTTPBearer: [] }];

/** What FastAPI would serve for an API that is as this service assumes, with changes. */
function createOpenApi(changes: Readonly<Record<string, unknown>>): unknown {
  const schemas = {
    CreateAction: createAction,
    Webhook: webhook,
    Action: object({ id: text, name: text, type: text, is_active: flag, webhook: optional(ref("Webhook")) }),
    Created: object({ ctx_id: text, data: object({ action_id: text, name: text, type: text }) }),
    OneAction: object({ ctx_id: text, data: ref("Action"), message: text }),
    ActionList: object({ ctx_id: text, data: object({ data: { type: "array", items: ref("Action") }, pagination }) }),
  };
  const list = {
    parameters: [query("page", { minimum: 1 }), query("per_page", { minimum: 1, maximum: 100 })],
    responses: { "200": json(ref("ActionList")) },
    security,
  };
  const create = {
    requestBody: json(ref("CreateAction")),
    responses: { "201": json(ref("Created")), "422": json({}) },
    security,
  };
  const parameters = [{ name: "id", in: "path", required: true, schema: text }];
  const read = { parameters, responses: { "200": json(ref("OneAction")) }, security };
  const document = {
    openapi: "3.1.0",
    paths: { "/v2/_actions": { get: list, post: create }, "/v2/_actions/{id}": { get: read } },
    components: { schemas, securitySchemes: { HTTPBearer: { type: "http", scheme: "bearer" } } },
  };
  const changed = structuredClone(document);
  for (const [path, value] of Object.entries(changes)) setAt(changed, path, value);
  return changed;
}

const shorthands: Readonly<Record<string, string>> = {
  schemas: "components.schemas",
  list: "paths./v2/_actions.get",
  create: "paths./v2/_actions.post",
  read: "paths./v2/_actions/{id}.get",
};

function setAt(document: object, path: string, value: unknown): void {
  const words = path.replace(/^\w+/, (word) => shorthands[word] ?? word).split(".");
  const last = words.pop() ?? "";
  // biome-ignore lint/suspicious/noExplicitAny: any part of the document
  const parent = words.reduce<any>((part, word) => part[word], document);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
}
