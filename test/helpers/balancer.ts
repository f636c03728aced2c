import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestEnd } from "./cleanup.ts";

const pollIntervalMs = 50;

/**
 * A typical load balancer: it polls the readiness of each backend, distributes requests among the ready ones over
 * kept-alive connections, retries nothing, and responds with 502 if a backend fails.
 */
export async function startBalancer() {
  const backends = new Map<string, boolean>();
  const agent = new Agent({ keepAlive: true });
  let turn = 0;
  const ready = () => [...backends].filter(([, isReady]) => isReady).map(([backend]) => backend);

  function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const fail = () => (outgoing.headersSent ? outgoing.destroy() : outgoing.writeHead(502).end("{}"));
    const candidates = ready();
    turn += 1;
    const backend = candidates[turn % candidates.length];
    if (backend === undefined) return void outgoing.writeHead(503).end("{}");
    const { method, url = "/", headers } = incoming;
    const forwarded = request(backend + url, { method, headers, agent }, (response) => {
      const { connection: _, "keep-alive": __, ...kept } = response.headers;
      outgoing.writeHead(response.statusCode ?? 502, kept);
      response.once("error", fail).pipe(outgoing);
    });
    incoming.pipe(forwarded.once("error", fail));
  }

  async function poll(): Promise<void> {
    for (const backend of [...backends.keys()]) {
      const isReady = await fetch(`${backend}/health/ready`).then(
        ({ status }) => status === 200,
        () => false,
      );
      if (backends.has(backend)) backends.set(backend, isReady);
    }
  }

  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const polling = setInterval(() => void poll(), pollIntervalMs);
  onTestEnd(async () => {
    clearInterval(polling);
    backends.clear();
    agent.destroy();
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    add: (backend: string) => void backends.set(backend, false),
    remove: (backend: string) => void backends.delete(backend),
    ready,
  };
}
