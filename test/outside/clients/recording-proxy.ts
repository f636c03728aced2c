import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestEnd } from "./service.mjs";

interface SentRequest {
  readonly variables: { readonly input: { readonly idempotencyKey: string } };
}

/**
 * Forwards requests to the service and records them. It can lose a response on its way back, and let requests fail: the
 * sandbox plays the scenario that a request ID names.
 */
export async function startRecordingProxy(target: string) {
  const requests: SentRequest[] = [];
  let isNextLost = false;
  const scenarios: string[] = [];

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    requests.push(JSON.parse(body.toString()));
    const isLost = isNextLost;
    isNextLost = false;
    const scenario = scenarios.shift();
    const headers = { ...request.headers, ...(scenario && { "x-request-id": scenario }) };
    forward(`${target}${request.url}`, { method: "POST", headers }, (serviceResponse) => {
      if (isLost) return void response.destroy();
      response.writeHead(serviceResponse.statusCode ?? 500, serviceResponse.headers);
      serviceResponse.pipe(response);
    }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestEnd(async () => server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    failNext(count: number, scenario: string) {
      scenarios.push(...Array(count).fill(scenario));
    },
    loseNextResponse() {
      isNextLost = true;
    },
  };
}
