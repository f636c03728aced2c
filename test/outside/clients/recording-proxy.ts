import { createServer, request as forward, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestEnd } from "./service.mjs";

interface CreateRequest {
  readonly variables: { readonly input: { readonly name: string; readonly idempotencyKey: string } };
}

type Kind = "query" | "mutation";

/**
 * Forwards requests to the service, and records those that create. It can lose a response on its way back, and let requests
 * fail: the sandbox plays the scenario that a request ID names.
 */
export async function startRecordingProxy(target: string) {
  const creates: CreateRequest[] = [];
  const lost: Kind[] = [];
  const scenarios: { readonly kind: Kind; readonly scenario: string }[] = [];

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const sent = request.method === "POST" ? JSON.parse(body.toString()) : { query: "" };
    const kind = /^\s*mutation/.test(sent.query) ? "mutation" : "query";
    if (kind === "mutation") creates.push(sent);
    const isOperation = request.method === "POST";
    const isLost = isOperation && takeFirst(lost, (each) => each === kind) !== undefined;
    const failing = isOperation ? takeFirst(scenarios, (each) => each.kind === kind) : undefined;
    const headers = { ...request.headers, ...(failing && { "x-request-id": failing.scenario }) };
    const outgoing = forward(`${target}${request.url}`, { method: request.method, headers }, (serviceResponse) => {
      response.writeHead(serviceResponse.statusCode ?? 500, serviceResponse.headers);
      // With its head: a browser sends a request again by itself if a connection that it used before has no response.
      if (isLost) response.write(" ", () => response.destroy());
      else serviceResponse.pipe(response);
    });
    // The test has ended, and the service with it.
    outgoing.on("error", () => response.destroy());
    outgoing.end(body);
  }

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestEnd(async () => server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    creates,
    failNext: (kind: Kind, scenario: string, count = 1) => scenarios.push(...Array(count).fill({ kind, scenario })),
    loseNext: (kind: Kind) => lost.push(kind),
  };
}

function takeFirst<Item>(items: Item[], isMeant: (item: Item) => boolean): Item | undefined {
  const index = items.findIndex(isMeant);
  return index === -1 ? undefined : items.splice(index, 1)[0];
}
