import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { demoToken } from "../auth/demo-token.ts";
import { operations as registry } from "../operations/index.ts";
import type { Operation } from "../operations/operation.ts";
import { detail, sendPartialResponse, sendResponse, text } from "./behavior.ts";
import { createHandlers, type Handler, type HandlerRequest, type Handling } from "./handlers.ts";
import { findScenario, readSelector } from "./scenarios.ts";

/** A request as it was received. */
export interface SandboxRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface Sandbox {
  /** The latest requests, oldest first. */
  readonly requests: readonly SandboxRequest[];
  /** Listens, on the loopback interface unless told otherwise; resolves with the sandbox's origin. */
  start(port?: number, host?: string): Promise<string>;
  stop(): Promise<void>;
}

/** How long the scenarios that take time take. */
export interface SandboxPace {
  readonly slowMs: number;
  readonly outageMs: number;
}

export interface SandboxOptions {
  /** The one token that is accepted. */
  readonly token?: string;
  readonly pace?: SandboxPace;
  readonly operations?: readonly Operation[];
  /** ContactSwing's side of each operation, by the operation's name. */
  readonly handlers?: Readonly<Record<string, Handler>>;
}

const maxRecordedRequests = 1000;
const defaultPace: SandboxPace = { slowMs: 3000, outageMs: 10_000 };
const listenRetryMs = 100;

/**
 * A small ContactSwing: real sockets, actions in memory, FastAPI's own error bodies, one token that it accepts, and
 * failures on demand. `npm run dev`, `npm run sandbox` and the tests use it.
 */
export function createSandbox({
  token = demoToken,
  pace = defaultPace,
  operations = registry,
  handlers = createHandlers(),
}: SandboxOptions = {}): Sandbox {
  const findHandler = createRouter(operations, handlers);
  const requests: SandboxRequest[] = [];
  const stopping = new AbortController();

  /** Runs something after a while, unless the sandbox is stopped before. */
  function later(delayMs: number, run: () => void): void {
    pause(delayMs, undefined, { signal: stopping.signal }).then(run, () => undefined);
  }

  async function listen(port: number, host: string): Promise<void> {
    await once(server.listen(port, host), "listening");
  }

  /** Stops listening at once, so that nothing listens by the time the response has been read. */
  function beginOutage(response: ServerResponse): void {
    const { port, address } = server.address() as AddressInfo;
    response.setHeader("connection", "close");
    server.close();
    const listenAgain = () => void listen(port, address).catch(() => later(listenRetryMs, listenAgain));
    later(pace.outageMs, listenAgain);
  }

  function play(handling: Handling, selector: string | undefined, response: ServerResponse): void {
    const { behavior, stores } = findScenario(selector ?? handling.selector ?? "") ?? {};
    if (stores) handling.respond();
    const respond = () => sendResponse(handling.respond(behavior?.kind), response);
    switch (behavior?.kind) {
      case "response":
        sendResponse(behavior, response);
        break;
      case "hang":
        break;
      case "reset":
        response.socket?.resetAndDestroy();
        break;
      case "partial":
        sendPartialResponse(behavior.status, behavior.end, response);
        break;
      case "delay":
        later(pace.slowMs, respond);
        break;
      case "outage":
        beginOutage(response);
        respond();
        break;
      default:
        respond();
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request);
    const { method = "", url = "/", rawHeaders, headers } = request;
    requests.push({ method, path: url, rawHeaders, body });
    if (requests.length > maxRecordedRequests) requests.shift();

    const [path = "", search] = url.split("?", 2);
    const found = findHandler(method, path);
    if (found === "no-path") return sendResponse(detail(404, "Not Found"), response);
    if (found === "no-method") return sendResponse(detail(405, "Method Not Allowed"), response);
    if (headers.authorization === undefined) return sendResponse(detail(401, "Not authenticated"), response);
    const given = readToken(headers.authorization);
    const suffix = given.startsWith(`${token}.`) ? given.slice(token.length + 1) : "";
    const ofToken = readSelector(suffix);
    if (given !== token && ofToken === undefined) return sendResponse(detail(401, "Invalid token"), response);
    const selector = readSelector(String(headers["x-request-id"])) ?? ofToken;
    if (selector !== undefined && findScenario(selector) === undefined) {
      return sendResponse(detail(400, "The sandbox has no scenario of this name."), response);
    }
    const { handler, pathParameters } = found;
    play(handler({ pathParameters, query: new URLSearchParams(search), body }), selector, response);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => sendResponse(text(500, "Internal Server Error"), response));
  });

  return {
    requests,
    async start(port = 0, host = "127.0.0.1") {
      await listen(port, host);
      return `http://${host.includes(":") ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
    },
    stop() {
      stopping.abort();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

type Match = { readonly handler: Handler } & Pick<HandlerRequest, "pathParameters">;

/** Finds the handler of a method and a path among the operations; each must have one. */
function createRouter(operations: readonly Operation[], handlers: Readonly<Record<string, Handler>>) {
  const routes = operations.map(({ rest: { name, method, path } }) => {
    const handler = handlers[name];
    if (handler === undefined) throw new Error(`The sandbox has no handler for ${name}.`);
    return { method, handler, pattern: new RegExp(`^${path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`) };
  });

  return (method: string, path: string): Match | "no-path" | "no-method" => {
    const matching = routes.filter(({ pattern }) => pattern.test(path));
    if (matching.length === 0) return "no-path";
    const route = matching.find((candidate) => candidate.method === method);
    if (route === undefined) return "no-method";
    const encoded = Object.entries(route.pattern.exec(path)?.groups ?? {});
    const pathParameters = Object.fromEntries(encoded.map(([name, value]) => [name, decodeURIComponent(value)]));
    return { handler: route.handler, pathParameters };
  };
}

function readToken(authorization: string): string {
  return /^bearer /i.test(authorization) ? authorization.slice("bearer ".length).trim() : "";
}
