// What one call to ContactSwing costs its caller, 32 at a time: by the service's transport, by got as it comes, by
// node:http alone. The first argument says which, the second is the upstream's port, the third the calls.
import { Agent, request } from "node:http";
import process from "node:process";
import { text } from "node:stream/consumers";
import got from "got";

const [kind, port, calls] = process.argv.slice(2);
const origin = `http://127.0.0.1:${port}`;
const path = "/v2/_actions";
const body = JSON.stringify({ name: "Interest in buying", type: "SINGLEDATAEXTRACTION", webhook: { mandatory: true } });
const headers = { authorization: "Bearer t", "content-type": "application/json" };
const agent = new Agent({ keepAlive: true });

async function createCall(): Promise<() => Promise<unknown>> {
  if (kind === "got") {
    const timeout = { request: 10_000 };
    const client = got.extend({ agent: { http: agent }, retry: { limit: 0 }, throwHttpErrors: false, timeout });
    return () => client.post(origin + path, { headers, body });
  }
  if (kind === "node") {
    const complete = { ...headers, "content-length": Buffer.byteLength(body) };
    return () =>
      new Promise((resolve, reject) => {
        const sent = request(origin + path, { method: "POST", agent, headers: complete }, (answer) =>
          text(answer).then(resolve, reject),
        );
        sent.once("error", reject).end(body);
      });
  }
  const { createTransport } = await import(new URL("../dist/contactswing/transport.js", import.meta.url).href);
  const transport = createTransport({ baseUrl: origin, connectTimeoutMs: 2000, answerTimeoutMs: 10_000 });
  return () => transport.exchange({ method: "POST", path, headers, body });
}

const call = await createCall();
async function run(total: number): Promise<void> {
  let left = total;
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      while (left-- > 0) await call();
    }),
  );
}

await run(Number(calls));
const before = process.cpuUsage();
await run(Number(calls));
const { user, system } = process.cpuUsage(before);
process.send?.({ microseconds: (user + system) / Number(calls) }, () => process.exit(0));
