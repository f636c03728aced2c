import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestEnd } from "./cleanup.ts";

export interface Balancer {
  readonly url: string;
  add(backend: string): void;
  remove(backend: string): void;
  readonly ready: () => readonly string[];
}

const pollEveryMs = 50;

/**
 * A load balancer as they commonly are: it asks each backend for its readiness again and again, passes requests on to
 * the ready ones in turn over kept-alive connections, retries nothing, and answers 502 when a backend fails it.
 */
export async function startBalancer(): Promise<Balancer> {
  const backends = new Map<string, boolean>();
  const agent = new Agent({ keepAlive: true });
  let turn = 0;
  let isEnded = false;
  const ready = () => [...backends].filter(([, isReady]) => isReady).map(([backend]) => backend);

  function pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const fail = () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end("{}"));
    const candidates = ready();
    turn += 1;
    const backend = candidates[turn % candidates.length];
    if (backend === undefined) return void outgoing.writeHead(503).end("{}");
    const { method, url = "/", headers } = incoming;
    const passed = request(backend + url, { method, headers, agent }, (answer) => {
      const { connection: _, "keep-alive": __, ...kept } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, kept);
      answer.once("error", fail).pipe(outgoing);
    });
    incoming.pipe(passed.once("error", fail));
  }

  async function poll(): Promise<void> {
    for (const backend of [...backends.keys()]) {
      const isReady = await fetch(`${backend}/health/ready`).then(
        ({ status }) => status === 200,
        () => false,
      );
      if (backends.has(backend)) backends.set(backend, isReady);
    }
    if (!isEnded) timer = setTimeout(() => void poll(), pollEveryMs);
  }

  const server = createServer(pass);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  let timer = setTimeout(() => void poll(), 0);
  onTestEnd(async () => {
    isEnded = true;
    clearTimeout(timer);
    backends.clear();
    agent.destroy();
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: (backend) => void backends.set(backend, false),
    remove: (backend) => void backends.delete(backend),
    ready,
  };
}
