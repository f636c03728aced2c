import { createServer, type IncomingHttpHeaders } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { demoToken } from "../../src/sandbox/demo-token.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { onTestEnd } from "./cleanup.ts";

export interface DifferingRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

export interface DifferingResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests change any part of any body
  readonly body: any;
}

export interface Differences {
  /** Served as `/openapi.json`; without it there is none. */
  readonly document?: unknown;
  /** Changes a response of the sandbox. */
  readonly change?: (response: DifferingResponse, request: DifferingRequest) => DifferingResponse;
  readonly keepAliveTimeoutMs?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** The sandbox, except for what differs. @returns its URL and every request that it received. */
export async function startDifferingContactSwing({ document, change, keepAliveTimeoutMs, tls }: Differences = {}) {
  const sandbox = createSandbox(demoToken);
  const sandboxUrl = await sandbox.start();
  onTestEnd(() => sandbox.stop());
  const received: DifferingRequest[] = [];
  const server = (tls ? createTlsServer(tls) : createServer()).on("request", async (incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    const [path = "", search = ""] = url.split("?");
    const request = { method, path, query: new URLSearchParams(search), headers };
    received.push(request);
    const { authorization } = headers;
    const forwarded = await fetch(`${sandboxUrl}${path}?${request.query}`, {
      method,
      headers: authorization === undefined ? {} : { authorization },
    });
    const hasDocument = path === "/openapi.json" && document !== undefined;
    const usual: DifferingResponse = hasDocument
      ? { status: 200, body: document }
      : { status: forwarded.status, body: await forwarded.json() };
    const { status, headers: given, body } = change?.(usual, request) ?? usual;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    outgoing.writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      ...given,
    });
    outgoing.end(text);
  });
  if (keepAliveTimeoutMs !== undefined)
    Object.assign(server, { keepAliveTimeout: keepAliveTimeoutMs, keepAliveTimeoutBuffer: 0 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestEnd(async () => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${tls ? "https://localhost" : "http://127.0.0.1"}:${port}`, received };
}

type JsonSchema = Record<string, unknown>;

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const optional = (schema: JsonSchema) => ({ anyOf: [schema, { type: "null" }] });
const json = (schema: JsonSchema) => ({ content: { "application/json": { schema } } });
const text = { type: "string" };
const flag = { type: "boolean" };
const count = { type: "integer" };
const object = (properties: JsonSchema, required: string[] = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
});
const integerQuery = (name: string, schema: JsonSchema) => ({
  name,
  in: "query",
  required: false,
  schema: { ...count, ...schema },
});

/** What FastAPI would serve for an API that is as this service assumes: a new document each time, to be changed. */
export function createOpenApi() {
  return {
    openapi: "3.1.0",
    info: { title: "ContactSwing", version: "2" },
    paths: {
      "/v2/_actions": {
        get: {
          parameters: [
            integerQuery("page", { minimum: 1, default: 1 }),
            integerQuery("per_page", { minimum: 1, maximum: 100 }),
          ],
          responses: { "200": json(ref("ActionList")) },
          security: [{ HTTPBearer: [] }],
        },
        post: {
          requestBody: { required: true, ...json(ref("CreateAction")) },
          responses: { "201": json(ref("Created")), "422": json({}) },
          security: [{ HTTPBearer: [] }],
        },
      },
      "/v2/_actions/{id}": {
        get: {
          parameters: [{ name: "id", in: "path", required: true, schema: text }],
          responses: { "200": json(ref("OneAction")) },
          security: [{ HTTPBearer: [] }],
        },
      },
    },
    components: {
      securitySchemes: { HTTPBearer: { type: "http", scheme: "bearer" } },
      schemas: {
        CreateAction: {
          type: "object",
          properties: {
            name: { type: "string" },
            description: optional(text),
            action_timing: { type: "string", enum: ["DURING"] },
            type: { type: "string", const: "SINGLEDATAEXTRACTION" },
            webhook: ref("Webhook"),
          },
          required: ["name", "action_timing", "type", "webhook"],
        },
        Webhook: {
          type: "object",
          properties: {
            mandatory: optional(flag),
            name: optional(text),
            description: optional(text),
            type: optional({ type: "string", enum: ["yes/no"] }),
            sync_data: optional(flag),
            sync_module: optional(text),
            sync_field: optional(text),
          },
        },
        Action: object({ id: text, name: text, type: text, is_active: flag, webhook: optional(ref("Webhook")) }),
        Created: object({ ctx_id: text, data: object({ action_id: text, name: text, type: text }) }),
        OneAction: object({ ctx_id: text, data: ref("Action"), message: text }),
        ActionList: object({
          ctx_id: text,
          data: object({
            data: { type: "array", items: ref("Action") },
            pagination: object({
              current_page: count,
              per_page: count,
              total_records: count,
              total_pages: count,
              has_next: flag,
            }),
          }),
        }),
      },
    },
    // biome-ignore lint/suspicious/noExplicitAny: tests change any part
  } as any;
}
