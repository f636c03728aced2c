import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { demoToken } from "./demo-token.ts";
import { jsonProblem, validateBody } from "./fastapi.ts";
import { createActionModel } from "./rest-fields.ts";

/** A request as it came in, byte for byte what the body is concerned. */
export interface SandboxRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface Sandbox {
  /** Every request since the start, oldest first. */
  readonly requests: readonly SandboxRequest[];
  /** Listens on the loopback interface; resolves with the origin to call. */
  start(port?: number): Promise<string>;
  stop(): Promise<void>;
}

interface StoredAction {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly type: string;
  readonly webhook: unknown;
}

const actionsPath = "/v2/_actions";
const maxRecordedRequests = 1000;
const companyId = "5a4d0c1e-8a53-4c4f-9d3b-sandbox00001";

/**
 * ContactSwing's REST API in small: real sockets, actions in memory, FastAPI's own error shapes, and one token that
 * it accepts. `npm run dev`, the tests and the demos use this one.
 */
export function createSandbox(token: string = demoToken): Sandbox {
  const actions = new Map<string, StoredAction>();
  const requests: SandboxRequest[] = [];

  function createAction(body: Record<string, unknown>, response: ServerResponse): void {
    const id = randomUUID();
    const { name, description = null, type, webhook } = body as unknown as StoredAction;
    actions.set(id, { id, name, description, type, webhook });
    sendJson(response, 201, { ctx_id: randomUUID(), data: { action_id: id, name, type } });
  }

  function readAction(id: string, response: ServerResponse): void {
    const action = actions.get(id);
    if (action === undefined) {
      sendJson(response, 404, { detail: "Action not found" });
      return;
    }
    const data = { ...action, company_id: companyId, is_active: true };
    sendJson(response, 200, { ctx_id: randomUUID(), data, message: "Request processed successfully" });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readText(request);
    const { method = "", url = "/", rawHeaders } = request;
    requests.push({ method, path: url, rawHeaders, body: text });
    if (requests.length > maxRecordedRequests) requests.shift();
    const isCollection = url === actionsPath;
    if (!isCollection && !url.startsWith(`${actionsPath}/`)) return sendJson(response, 404, { detail: "Not Found" });
    if (method !== (isCollection ? "POST" : "GET")) {
      return sendJson(response, 405, { detail: "Method Not Allowed" });
    }
    const authorization = request.headers.authorization;
    if (authorization === undefined) return sendJson(response, 401, { detail: "Not authenticated" });
    if (!/^bearer /i.test(authorization) || authorization.slice("bearer ".length).trim() !== token) {
      return sendJson(response, 401, { detail: "Invalid token" });
    }
    if (!isCollection) return readAction(decodeURIComponent(url.slice(actionsPath.length + 1)), response);

    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return sendJson(response, 422, { detail: [jsonProblem(0)] });
    }
    const problems = validateBody(body, createActionModel);
    if (problems.length > 0) return sendJson(response, 422, { detail: problems });
    createAction(body as Record<string, unknown>, response);
  }

  const server: Server = createServer((request, response) => {
    handle(request, response).catch(() => {
      response.writeHead(500, { "content-type": "text/plain; charset=utf-8" }).end("Internal Server Error");
    });
  });

  return {
    requests,
    start(port = 0) {
      return new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
      });
    },
    stop() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
