// The CPU time that one request to ContactSwing costs its sender, 32 in flight: with the service's transport, with got
// and its defaults, with node:http. The first argument says which, the second is the upstream's port, the third the
// number of requests.
import { Agent, request } from "node:http";
import process from "node:process";
import { text } from "node:stream/consumers";
import got from "got";
import { createTransport } from "../src/contactswing/transport.ts";

const [kind, port, count] = process.argv.slice(2);
const origin = `http://127.0.0.1:${port}`;
const path = "/v2/_actions";
const body = JSON.stringify({ name: "Interest in buying", type: "SINGLEDATAEXTRACTION", webhook: { mandatory: true } });
const headers = { authorization: "Bearer t", "content-type": "application/json" };
const agent = new Agent({ keepAlive: true });

function createSend(): () => Promise<unknown> {
  if (kind === "got") {
    const timeout = { request: 10_000 };
    const client = got.extend({ agent: { http: agent }, retry: { limit: 0 }, throwHttpErrors: false, timeout });
    return () => client.post(origin + path, { headers, body });
  }
  if (kind === "node") {
    const complete = { ...headers, "content-length": Buffer.byteLength(body) };
    return () =>
      new Promise((resolve, reject) => {
        const sent = request(origin + path, { method: "POST", agent, headers: complete }, (response) =>
          text(response).then(resolve, reject),
        );
        sent.once("error", reject).end(body);
      });
  }
  const transport = createTransport({ baseUrl: origin, connectTimeoutMs: 2000, responseTimeoutMs: 10_000 });
  const memory = { take: () => undefined, giveBack: () => {} };
  const { signal } = new AbortController();
  return () => transport.exchange({ method: "POST", path, headers, body, memory, signal, mustFinish: true });
}

const send = createSend();
async function run(total: number): Promise<void> {
  let left = total;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (left-- > 0) await send();
    }),
  );
}

await run(Number(count));
const before = process.cpuUsage();
await run(Number(count));
const { user, system } = process.cpuUsage(before);
process.send?.({ microseconds: (user + system) / Number(count) }, () => process.exit(0));
