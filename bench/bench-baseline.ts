// The least that a create request could cost, without GraphQL and without any check: node:http for the caller, and got
// with its defaults or node:http for the upstream. The first argument says which, the second is the upstream's port.
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { text } from "node:stream/consumers";
import got from "got";

const [kind, upstreamPort] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const url = `http://127.0.0.1:${upstreamPort}/v2/_actions`;
const client = got.extend({
  agent: { http: agent },
  retry: { limit: 0 },
  throwHttpErrors: false,
  followRedirect: false,
});

async function sendWithGot(authorization: string, body: string): Promise<string> {
  const response = await client.post(url, { headers: { authorization, "content-type": "application/json" }, body });
  return response.body;
}

function sendWithNode(authorization: string, body: string): Promise<string> {
  const headers = { authorization, "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: "POST", agent, headers }, (response) => text(response).then(resolve, reject));
    sent.once("error", reject).end(body);
  });
}

const send = kind === "got" ? sendWithGot : sendWithNode;
const server = createServer(async (incoming, response) => {
  const { input } = JSON.parse(await text(incoming)).variables;
  const { ctx_id, data } = JSON.parse(await send(incoming.headers.authorization ?? "", JSON.stringify(input)));
  const action = { id: data.action_id, name: data.name, type: data.type };
  const body = JSON.stringify({ data: { createDataExtractionAction: { ctxId: ctx_id, action } } });
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
});
process.once("disconnect", () => process.exit(0));
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
