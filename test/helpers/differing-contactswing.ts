import type { Socket } from "node:net";
import { startSandbox } from "./service.ts";
import { type ReceivedRequest, startUpstream } from "./upstream.ts";
import { readYaml } from "./yaml-file.ts";

interface Response {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

export interface Differences {
  /** Values in `/openapi.json` by path, e.g. `components.schemas.Webhook.type`; undefined removes what is there. */
  readonly openApi?: Readonly<Record<string, unknown>>;
  /** Changes a response of the sandbox; undefined leaves it as it is. */
  readonly change?: (response: Response, request: ReceivedRequest, socket: Socket) => Response | undefined;
}

/** The sandbox and the OpenAPI document that fits it, except for what differs. */
export async function startDifferingContactSwing({ openApi = {}, change }: Differences = {}) {
  const sandbox = await startSandbox();
  const document = readYaml<object>("test/helpers/contactswing-openapi.yaml");
  for (const [path, value] of Object.entries(openApi)) setAt(document, path.split("."), value);
  return startUpstream(async (request, socket) => {
    const { method, path, headers } = request;
    const { authorization } = headers;
    const forwarded = await fetch(`${sandbox.url}${path}`, { method, headers: authorization ? { authorization } : {} });
    const usual =
      path === "/openapi.json"
        ? { status: 200, body: document }
        : { status: forwarded.status, body: await forwarded.json() };
    return change?.(usual, request, socket) ?? usual;
  });
}

function setAt(document: object, names: readonly string[], value: unknown): void {
  // biome-ignore lint/suspicious/noExplicitAny: any part of the document
  const parent = names.slice(0, -1).reduce<any>((part, name) => part[name], document);
  const name = names.at(-1) ?? "";
  if (value === undefined) delete parent[name];
  else parent[name] = value;
}
