import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { detail, text } from "./act.ts";
import { createActionRoutes, type Part } from "./action-routes.ts";
import { demoToken } from "./demo-token.ts";
import { playAct } from "./play-act.ts";

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
  /** Listens, on the loopback interface unless told otherwise; resolves with the origin to call. */
  start(port?: number, host?: string): Promise<string>;
  stop(): Promise<void>;
}

/** How long the scenarios that take time take. */
export interface SandboxPace {
  readonly slowMs: number;
  readonly outageMs: number;
}

const actionsPath = "/v2/_actions";
const maxRecordedRequests = 1000;
const usualPace: SandboxPace = { slowMs: 3000, outageMs: 10_000 };
const listenRetryMs = 100;

/**
 * ContactSwing's REST API in small: real sockets, actions in memory, FastAPI's own error shapes, one token that it
 * accepts, and failures on demand. `npm run dev`, `npm run sandbox`, the tests and the demos use this one.
 */
export function createSandbox(token: string = demoToken, pace: SandboxPace = usualPace): Sandbox {
  const routes = createActionRoutes();
  const requests: SandboxRequest[] = [];
  const timers = new Set<NodeJS.Timeout>();

  function later(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, delayMs);
    timers.add(timer);
  }

  function listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
  }

  /** Stops listening at once, so that whoever reads the answer already finds nobody. */
  function beginOutage(response: ServerResponse): void {
    const { port, address } = server.address() as AddressInfo;
    response.setHeader("connection", "close");
    server.close();
    const listenAgain = () => void listen(port, address).catch(() => later(listenRetryMs, listenAgain));
    later(pace.outageMs, listenAgain);
  }

  function play({ scenario, answer }: Part, response: ServerResponse): void {
    const act = scenario?.act ?? answer();
    if (act.kind === "delay") {
      later(pace.slowMs, () => playAct(answer(), response));
    } else if (act.kind === "outage") {
      beginOutage(response);
      playAct(answer(), response);
    } else {
      playAct(act, response);
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request);
    const { method = "", url = "/", rawHeaders, headers } = request;
    requests.push({ method, path: url, rawHeaders, body });
    if (requests.length > maxRecordedRequests) requests.shift();

    const isCollection = url === actionsPath;
    if (!isCollection && !url.startsWith(`${actionsPath}/`)) return playAct(detail(404, "Not Found"), response);
    if (method !== (isCollection ? "POST" : "GET")) return playAct(detail(405, "Method Not Allowed"), response);
    if (headers.authorization === undefined) return playAct(detail(401, "Not authenticated"), response);
    if (readToken(headers.authorization) !== token) return playAct(detail(401, "Invalid token"), response);
    const id = decodeURIComponent(url.slice(actionsPath.length + 1));
    play(isCollection ? routes.create(body) : routes.read(id), response);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => playAct(text(500, "Internal Server Error"), response));
  });

  return {
    requests,
    async start(port = 0, host = "127.0.0.1") {
      await listen(port, host);
      return `http://${host.includes(":") ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
    },
    stop() {
      for (const timer of timers) clearTimeout(timer);
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function readToken(authorization: string): string | undefined {
  return /^bearer /i.test(authorization) ? authorization.slice("bearer ".length).trim() : undefined;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
