// A fake ContactSwing with a known capacity, as a process of its own: it processes a fixed number of requests at once,
// each takes a fixed time, and the others wait. It counts create requests by name and sends the counts when asked.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const [slots = 100, serviceTimeMs = 1000] = process.argv.slice(2).map(Number);
let free = slots;
const waiting: (() => void)[] = [];
const counts = new Map<string, number>();

async function work(): Promise<void> {
  if (free > 0) free -= 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  await new Promise((resolve) => setTimeout(resolve, serviceTimeMs));
  const next = waiting.shift();
  if (next) next();
  else free += 1;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", async () => {
    const { name } = JSON.parse(Buffer.concat(chunks).toString()) as { name: string };
    counts.set(name, (counts.get(name) ?? 0) + 1);
    await work();
    const body = { ctx_id: name, data: { action_id: name, name, type: "SINGLEDATAEXTRACTION" } };
    response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
});

process.on("message", () => {
  process.send?.({ counts: [...counts] });
  counts.clear();
});
process.on("disconnect", () => process.exit(0));
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
